-- mock: answers.json
-- Tools: commands of the agent, functions of the script, other agents.
local r = task { prompt = "a shell question", agent = "General", permission_mode = "bypass", sandbox = false }
assert(r.success and r.output == "The shell has answered.", r.error)
local log = read_output(r.output_file)
assert(log:find("from%-the%-shell") and log:find("%[TOOL%] bash: "), log)
-- What nobody has allowed is not run where nobody can be asked, and the agent is told so.
r = task { prompt = "a shell question", agent = "General", sandbox = false }
assert(r.success, r.error)
log = read_output(r.output_file)
assert(not log:find("\n  from%-the%-shell") and log:find("nobody is there to allow it"), log)
-- An agent that only reads has no shell.
r = task { prompt = "a shell question", agent = "Explore", permission_mode = "bypass", sandbox = false }
assert(not read_output(r.output_file):find("\n  from%-the%-shell"))

-- Functions of the script.
local keys = {}
r = task {
  prompt = "a script question", agent = "Explore",
  tools = {
    { name = "look_up", description = "Looks up a key", parameters = { key = { type = "string" }, list = { type = "array" } },
      fn = function(arguments)
        keys[#keys + 1] = arguments.key .. #arguments.list
        sleep(10)
        return { value = "blue" }
      end },
    { name = "broken", description = "Always fails", fn = function() error("no such shelf") end },
  },
}
assert(r.success and r.output == "It is blue." and keys[1] == "colour2", r.error)
log = read_output(r.output_file)
assert(log:find('{"value":"blue"}', 1, true) and log:find("no such shelf"), log)

-- Agents of agents: jobs of their own, below the one that wanted them.
r = task { prompt = "the work of others", agent = "General" }
assert(r.success and r.output == "Both have answered.", r.error)
local children = {}
for _, job in ipairs(jobs()) do
  if job.parent == r.id or job.parent == r.job then children[#children + 1] = job.agent end
end
table.sort(children)
assert(table.concat(children, " ") == "Explore Plan", table.concat(children, " "))
