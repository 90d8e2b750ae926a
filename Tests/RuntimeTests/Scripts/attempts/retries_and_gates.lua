-- retry_on, retry_backoff, gate.
local fs = require "fs"
local time = require "time"

local function counted(name, body)
  return ("echo x >> %s; n=$(wc -l < %s); %s"):format(name, name, body)
end

-- What is tried again.
local r = task { command = counted("a", "exit $n"), retries = 9, retry_on = { 1, 2 } }
assert(not r.success and r.attempts == 3 and r.exit_code == 3, r.attempts)
r = task { command = counted("b", '[ "$n" = 3 ] || kill -9 $$'), retries = 9, retry_on = { "signal" } }
assert(r.success and r.attempts == 3)
r = task { command = "exit 1", retries = 9, retry_on = { "signal", "timeout" } }
assert(r.attempts == 1)
r = task { command = { "no-such-program-anywhere" }, retries = 1, retry_on = { "spawn_failed" } }
assert(r.reason == "spawn_failed" and r.attempts == 2 and #r.history == 2)
assert(task { command = { "no-such-program-anywhere" }, retries = 5 }.attempts == 0)
local calls = 0
r = task { fn = function() calls = calls + 1 error "no" end, retries = 3, retry_on = { "timeout" } }
assert(calls == 1 and r.reason == "script_error")

-- The history: each attempt, the last too.
r = task { command = counted("c", 'echo "try $n"; exit $((3 - n))'), retries = 5 }
assert(r.success and #r.history == 3 and r.attempts == 3)
assert(r.history[1].attempt == 1 and r.history[1].reason == "exit_nonzero" and r.history[1].exit_code == 2)
assert(r.history[1].error == "exit code 2; last line: 'try 1'" and r.history[1].duration_ms >= 0)
assert(r.history[3].reason == "ok" and r.history[3].error == nil)
r = task { command = "exit 4" }
assert(#r.history == 1 and r.history[1].exit_code == 4 and r.history[1].error == r.error)
assert(#select(2, status(r)).history == 1)

-- The pause grows, up to its bound.
local ms
ms, r = time.measure(task, { command = "exit 1", retries = 3, retry_delay = 50, retry_backoff = 3, retry_max_delay = 200 })
assert(r.attempts == 4 and ms >= 50 + 150 + 200, ms)

-- A gate that is a command sees the output, and what it says is not output.
r = task { command = "echo one; echo two", gate = "grep -q two && echo checked" }
assert(r.success and r.output == "one\ntwo\n" and r.hedged == nil)
assert(fs.read(r.output_file):find("[GATE] grep -q two && echo checked\nchecked\n", 1, true))
r = task { command = "echo one", gate = { "grep", "two" }, name = "gated" }
assert(r.reason == "gate_failed" and r.status == "failed" and r.exit_code == 0 and r.output == "one\n")
assert(r.error == "its gate failed: exit code 1; no output", r.error)
-- Where the task runs, with its environment.
local folder = assert(fs.tmpdir())
r = task {
  command = "echo made > file", cwd = folder, env = { WANTED = "made" }, gate = 'test "$(cat file)" = "$WANTED"',
}
assert(r.success)
assert(fs.remove(folder, { recursive = true }))
-- It counts as an attempt, and is tried again like one.
r = task { command = counted("d", "echo $n"), gate = "grep -q 3", retries = 5, retry_on = { "gate_failed" } }
assert(r.success and r.attempts == 3 and r.output == "3\n")
assert(r.history[1].reason == "gate_failed")
-- Its time.
r = task { command = "true", gate = "sleep 60", gate_timeout = "200ms" }
assert(r.reason == "gate_failed" and r.error:find("time limit of 200ms", 1, true), r.error)
r = task { command = "true", gate = "sleep 60", timeout = "300ms" }
assert(r.reason == "gate_failed" and r.error:find("300ms", 1, true), "the task's own limit holds for its gate too")

-- A gate that is a function.
local seen
r = task { command = "echo 41", gate = function(result) seen = result return tonumber(result.output) > 40 end }
assert(r.success and seen.success and seen.status == "completed" and seen.exit_code == 0 and seen.output == "41\n")
r = task { command = "echo 4", gate = function() return nil, "too small" end }
assert(r.reason == "gate_failed" and r.error == "its gate failed: too small" and r.output == "4\n", r.error)
r = task { command = "true", gate = function() return false end }
assert(r.error == "its gate failed: it returned false", r.error)
r = task { command = "true", gate = function() end }
assert(r.error == "its gate failed: it returned nothing", r.error)
r = task { command = "true", gate = function() error "boom" end }
assert(r.reason == "gate_failed" and r.error:find("retries_and_gates.lua:%d+: boom"), r.error)
-- It may wait, and start jobs; a result counts as its success.
r = task { command = "echo 5", gate = function(result) return task { command = { "test", result.output:sub(1, 1), "-gt", "3" } } end }
assert(r.success)
r = task { command = "echo 2", gate = function(result) sleep(1) return task { command = "exit 6" } end }
assert(r.error == "its gate failed: exit code 6; no output", r.error)
r = task { command = "true", gate = function() sleep "60s" end, gate_timeout = "200ms" }
assert(r.reason == "gate_failed" and r.error:find("200ms", 1, true))

-- Of functions.
r = task { fn = function() return { answer = 42 } end, gate = function(result) return result.data.answer == 42 end }
assert(r.success and r.data.answer == 42)
r = task { fn = function() return "words" end, gate = "grep -q numbers" }
assert(r.reason == "gate_failed" and r.output == "words")
local tries = 0
r = task { fn = function() tries = tries + 1 return tries end, gate = function() return tries == 3, "not yet" end, retries = 5 }
assert(r.success and r.attempts == 3 and r.output == "3" and r.history[2].error == "its gate failed: not yet")

-- The job runs meanwhile, and cancelling it reaches the gate: a function's waits too.
local job = spawn { command = "echo work", gate = "echo armed; sleep 60" }
while not (job:output() or ""):find "armed" do sleep(5) end
assert(job.status == "running")
job:cancel "enough"
r = job:wait()
assert(r.status == "cancelled" and r.output == "work\n", r.output)
local closed = false
job = spawn {
  command = "true",
  gate = function()
    local guard <close> = setmetatable({}, { __close = function() closed = true end })
    sleep "60s"
  end,
}
while job.status ~= "running" do sleep(5) end
sleep(50)
job:cancel()
assert(job:wait().status == "cancelled" and closed)

-- In groups: who depends on a task depends on its gate.
local results = task_group({
  { id = "a", command = "true", gate = "false" },
  { id = "b", command = "true", dependencies = { "a" } },
  { id = "c", command = "true", gate = function(result) return result.success end },
})
assert(results.a.reason == "gate_failed" and results.b.status == "skipped" and results.c.success)
