-- fail_fast and timeout of a group.
local time = require "time"

-- By default every result is kept.
local results = task_group { { id = "bad", command = "exit 1" }, { id = "good", command = "sleep 0.2; echo kept" } }
assert(not results.success and results.good.output == "kept\n" and #results.failed == 1 and results.failed[1].id == "bad")

-- fail_fast ends what runs and skips what waits.
local ms
ms, results = time.measure(task_group, {
  { id = "runs", command = "sleep 60" },
  { id = "bad", command = "sleep 0.2; exit 5" },
  { id = "waits", command = "true", dependencies = { "runs" } },
}, { fail_fast = true })
assert(ms < 30000 and not results.success and #results.failed == 3)
assert(results.bad.exit_code == 5 and results.bad.reason == "exit_nonzero")
assert(results.runs.status == "cancelled" and results.runs.reason == "fail_fast", results.runs.reason)
assert(results.waits.success == false and (results.waits.status == "skipped" or results.waits.status == "cancelled"))

-- A group's timeout ends all that is left.
ms, results = time.measure(task_group, {
  { id = "done", command = "true" },
  { id = "runs", command = "sleep 60" },
  { id = "waits", command = "true", dependencies = { "runs" } },
}, { timeout = "3s" })
assert(ms < 30000 and not results.success and results.done.success)
assert(results.runs.status == "timed_out" and results.runs.reason == "timeout", results.runs.status)
assert(results.waits.success == false)

-- A task's own timeout is a failure like others.
results = task_group { { id = "t", command = "sleep 60", timeout = "200ms" }, { id = "u", command = "true", dependencies = { "t" } } }
assert(results.t.status == "timed_out" and results.u.reason == "dependency_failed")
