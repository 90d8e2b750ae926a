-- escalate = "ask": a person decides, here by the command line.
-- expect-exit: 1
-- expect-stdout: all but the last are done
-- expect-no-stderr: never
local json, fs, path = require "json", require "fs", require "path"
local program = arg[-1]
if not path.is_absolute(program) then program = assert(require "shell".which(program)) end

--- The one question that is open and was not answered yet; the file shows it within about a second.
local last
local function question()
  for _ = 1, 2000 do
    local all = json.decode(fs.read(run.dir .. "/decisions.json") or '{"pending": []}')
    if #all.pending == 1 and all.pending[1].id ~= last then
      last = all.pending[1].id
      return all.pending[1]
    end
    sleep "10ms"
  end
  error "nobody asked"
end

local function answered(spec, ...)
  local job = spawn(spec)
  for _, answer in ipairs { ... } do
    local asked = question()
    assert(job.status == "waiting")
    assert(asked.options[1] == "Retry" and asked.options[3] == "Give up" and asked.blocking[1] == job.id)
    assert(asked.question:find("Task " .. spec.name .. " has failed", 1, true), asked.question)
    assert(asked.question:find("exit code 4; last line: 'tried'", 1, true), asked.question)
    local r = task { command = { program, "answer", asked.id, answer } }
    assert(r.success, r.output)
  end
  return job:wait()
end

local work = "echo tried; echo x >> tries; test $(wc -l < tries) -gt 2 || exit 4"
local r = answered({ name = "stubborn", command = work, retries = 0, escalate = "ask" }, "Retry", "1")
assert(r.success and r.attempts == 3, r.error)
r = answered({ name = "hopeless", command = "echo tried; exit 4", escalate = "ask" }, "Skip and continue")
assert(r.reason == "exit_nonzero" and r.attempts == 3 and r.exit_code == 4)
local job = spawn { name = "fatal", command = "echo tried; exit 4", retries = 0, escalate = "ask" }
local asked = question()
print "all but the last are done"
task { command = { program, "answer", asked.id, "Give up" } }
sleep "60s"
print "never"
io.stderr:write "never\n"
