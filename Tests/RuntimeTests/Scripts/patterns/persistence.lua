-- patterns.persist: as it is, simpler, with another, then somebody decides.
local patterns = require "patterns"

-- Each step, and where it ended.
local function try(failing, policy)
  return patterns.persist({ name = "work", command = ("echo as it is; exit %d"):format(failing) }, policy)
end
local r, step = try(0)
assert(r.success and step == "as_is" and r.attempts == 1)
r, step = try(1)
assert(not r.success and step == "as_is" and r.attempts == 3 and r.exit_code == 1, "three times, and no more")
r, step = try(1, { simpler = "echo simpler" })
assert(r.success and step == "simpler" and r.attempts == 2 and r.output == "simpler\n")
assert(#r.history == 2 and r.history[1].reason == "exit_nonzero" and r.history[2].reason == "ok")
r, step = try(1, { simpler = "exit 2", fallback = { "echo", "another way" } })
assert(r.success and step == "fallback" and r.attempts == 3 and r.output == "another way\n")
r, step = try(1, { simpler = "exit 2", fallback = "exit 3" })
assert(not r.success and step == "fallback" and r.attempts == 3 and r.exit_code == 3)
assert(r.history[1].exit_code == 1 and r.history[2].exit_code == 2 and r.history[3].exit_code == 3)
r, step = try(1, { attempts = 2, fallback = { command = "echo $WHO", env = { WHO = "other" } } })
assert(r.success and step == "fallback" and r.attempts == 3 and r.output == "other\n")

-- After three failures somebody decides, again and again if need be.
local seen = {}
r, step = try(1, {
  simpler = "exit 2", fallback = "exit 3",
  escalate = function(result, history)
    seen[#seen + 1] = #history
    return #seen == 1 and "retry" or { success = true, output = "by hand" }
  end,
})
assert(r.success and step == "escalated" and r.output == "by hand" and seen[1] == 3 and seen[2] == 4 and r.attempts == 4)
r, step = patterns.persist { command = "exit 5", escalate = function(_, history) return { success = true, output = #history } end }
assert(r.output == "3" and step == "escalated", "the spec's own")

-- Steps made when they are needed, with what went wrong before; nil passes one over.
r, step = try(7, {
  simpler = function(result, history)
    assert(#history == 1)
    return "echo after " .. result.exit_code
  end,
})
assert(r.output == "after 7\n")
r, step = try(1, { simpler = function() end, fallback = "echo other" })
assert(r.success and step == "fallback" and r.attempts == 2)

-- Functions.
local calls = {}
r, step = patterns.persist({ name = "fn", fn = function() calls[#calls + 1] = "full" error "too much" end }, {
  simpler = { fn = function() calls[#calls + 1] = "part" return { done = "part" } end },
})
assert(r.success and step == "simpler" and r.data.done == "part" and table.concat(calls, " ") == "full part")
-- A gate holds for each step; a timeout is a failure as well.
r, step = patterns.persist({ command = "echo 1", gate = "grep -q 3" }, { simpler = "echo 2", fallback = "echo 3" })
assert(r.success and step == "fallback" and r.history[2].reason == "gate_failed")
r, step = patterns.persist({ command = "sleep 60", timeout = "100ms" }, { simpler = { command = "echo quick", timeout = "20s" } })
assert(r.success and r.history[1].reason == "timeout")
-- Prompts that nobody can answer are tried, and told in their own words.
r, step = patterns.persist({ prompt = "do all of it" }, { simpler = "do a part of it" })
assert(r.reason == "no_provider" and step == "simpler")
-- In the background; in groups of coroutines.
local job = patterns.persist({ command = "exit 1", run_in_background = true }, { simpler = "echo later" })
assert(job:wait().output == "later\n")
local all = parallel {
  function() return (patterns.persist({ command = "exit 1" }, { simpler = "echo a" })) end,
  function() return (patterns.persist({ command = "exit 1" }, { simpler = "echo b" })) end,
}
assert(all[1].output == "a\n" and all[2].output == "b\n")

local function refused(what, ...)
  local ok, message = pcall(patterns.persist, ...)
  assert(not ok and tostring(message):find(what, 1, true), tostring(message))
end
refused("the spec of a task", "make")
refused("did you mean 'simpler'?", { command = "true" }, { simplr = "x" })
refused("attempts must be a whole number", { command = "true" }, { attempts = 0 })
refused("belongs into the policy", { command = "true", retries = 2 })
refused("simpler must be a command", { command = "true" }, { simpler = 5 })
refused("escalate must be a function", { command = "true" }, { escalate = "boss" })
refused("given twice", { command = "true", escalate = "ask" }, { escalate = "ask" })
