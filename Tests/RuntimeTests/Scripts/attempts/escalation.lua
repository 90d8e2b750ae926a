-- escalate: after the last attempt the script decides.
local function failing(escalate, more)
  local spec = { command = "echo tried; exit 3", name = "stubborn", escalate = escalate }
  for key, value in pairs(more or {}) do spec[key] = value end
  return task(spec)
end

-- After three failures, unless retries says otherwise.
local seen, past
local r = failing(function(result, history) seen, past = result, history end)
assert(not r.success and r.attempts == 3 and r.reason == "exit_nonzero" and r.exit_code == 3)
assert(r.error == "exit code 3; last line: 'tried'", r.error)
assert(seen.name == "stubborn" and seen.attempts == 3 and seen.output == "tried\n" and not seen.success)
assert(#past == 3 and past[2].attempt == 2 and past[2].reason == "exit_nonzero" and past[2].exit_code == 3)
assert(failing(function() return "skip" end, { retries = 0 }).attempts == 1)

-- Once more, as it is or with other work.
local asked = 0
r = failing(function()
  asked = asked + 1
  return asked < 3 and "retry" or { command = "echo saved by $WHO", env = { WHO = "another" } }
end, { retries = 0 })
assert(r.success and r.attempts == 4 and r.output == "saved by another\n" and #r.history == 4, r.error)
assert(r.history[1].reason == "exit_nonzero" and r.history[4].reason == "ok")
r = failing(function() return { fn = function() return { how = "in Lua" } end } end, { retries = 0 })
assert(r.success and r.data.how == "in Lua" and r.attempts == 2)
r = failing(function(_, history) return #history < 3 and { prompt = "try it" } or nil end)
assert(not r.success and r.attempts == 3)
r = failing(function() return { prompt = "try it" } end, { retries = 0 })
assert(r.reason == "no_provider")
-- The gate holds for other work too.
r = failing(function(_, history) return { command = "echo " .. #history } end, { retries = 0, gate = "grep -q 2" })
assert(r.success and r.output == "2\n")

-- A result of its own.
r = failing(function() return { success = true, output = "by hand", data = { 1, 2 } } end)
assert(r.success and r.output == "by hand" and r.data[2] == 2 and r.attempts == 3, r.error)
r = failing(function() return { success = false, output = "no" } end)
assert(not r.success and r.exit_code == 3)

-- It may wait and run tasks; what goes wrong in it is told.
r = failing(function() return task { command = "echo repaired" } end)
assert(r.success and r.output == "repaired\n")
r = failing(function() error "lost my mind" end)
assert(r.reason == "exit_nonzero" and r.error:find("its escalate failed: .*escalation.lua:%d+: lost my mind"), r.error)
r = failing(function() return 7 end)
assert(r.error:find("its escalate returned 7", 1, true), r.error)
r = failing(function() return { comand = "x" } end)
assert(r.error:find("unknown option 'comand'", 1, true) and r.error:find("did you mean 'command'", 1, true), r.error)

-- Of functions, and after a timeout.
local values = {}
r = task { fn = function() values[#values + 1] = 1 error "no" end, escalate = function() return { fn = function() return "yes" end } end }
assert(r.success and #values == 3 and r.output == "yes")
r = task { command = "sleep 60", timeout = "100ms", retries = 0, escalate = function(result) return { success = true, output = result.reason } end }
assert(r.output == "timeout")
-- Not of what was cancelled or never began.
local called = false
local job = spawn { command = "sleep 60", escalate = function() called = true end }
while job.status ~= "running" do sleep(5) end
job:cancel()
assert(job:wait().status == "cancelled" and not called)

-- Meanwhile the job waits, and cancelling it ends the question.
job = spawn { command = "exit 1", retries = 0, escalate = function() sleep "60s" end }
while job.status ~= "waiting" do sleep(5) end
job:cancel "never mind"
r = job:wait()
assert(r.status == "cancelled" and r.error:find "never mind", r.error)

-- A group's own is for its tasks without one.
local heard = {}
local results = task_group({
  { id = "a", command = "exit 1" },
  { id = "b", command = "exit 2", retries = 0, escalate = function() return { success = true, output = "own" } end },
  { id = "c", command = "true" },
}, { escalate = function(result) heard[#heard + 1] = result.id .. result.attempts end })
assert(not results.success and #heard == 1 and heard[1] == "a3" and results.b.output == "own" and results.c.success)
