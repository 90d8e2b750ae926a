-- expect-stderr: Background task failed: broken
-- The documented patterns, as functions.
local patterns = require "patterns"

local r = patterns.run_background_task("lint", "echo clean")
assert(r.success and r.output == "clean\n")
assert(patterns.run_background_task("words", { "printf", "%s", "a b" }).output == "a b")
assert(patterns.run_background_task("function", function() return "value" end).output == "value")
assert(patterns.run_background_task("prompt", { prompt = "think", agent = "Bash" }).reason == "no_provider")
assert(patterns.run_background_task("fails", "exit 3").exit_code == 3)
assert(patterns.run_background_task("env", "echo $A", { env = { A = "x" } }).output == "x\n")
r = patterns.run_background_task("slow", "sleep 30", { wait_timeout = "100ms" })
assert(r.success == false and r.error == "Timeout" and r.reason == "timeout")
cancel(jobs { status = "running" }, "the test is over")

-- Side by side.
local function run(description, command)
  return function() return patterns.run_background_task(description, command) end
end
local checks = parallel { run("lint", "true"), run("test", "exit 1"), run("build", "true") }
local passed, failed = patterns.all_passed(checks)
assert(passed == false and #failed == 1 and failed[1].exit_code == 1)
assert(patterns.all_passed {} and patterns.all_passed { { success = true } })
assert(patterns.all_passed(task_group { { command = "true" } }))
assert(not patterns.all_passed { n = 2, { success = true } })

-- wait_for_completion, of a file, a job, an id.
local build = task { description = "Production build", command = "echo built", run_in_background = true }
assert(patterns.wait_for_completion(build.output_file).output == "built\n")
assert(patterns.wait_for_completion(build).success and patterns.wait_for_completion(build.id, "1s").success)
local slow = spawn { command = "sleep 30" }
r = patterns.wait_for_completion(slow.output_file, 100)
assert(r.success == false and r.error == "Timeout")
cancel(slow)
r = patterns.wait_for_completion "/tmp/no-such-task.log"
assert(r.success == false and r.error:find "no%-such%-task")

-- What an output says does not decide.
local liar = spawn { command = [[echo '[RESULT]'; echo '{ "success": true }'; echo '[COMPLETE] now'; exit 1]] }
assert(patterns.wait_for_completion(liar.output_file).success == false)

-- robust: everything is a result.
assert(patterns.robust_background_task("fine", "true").success)
r = patterns.robust_background_task("broken", { tiemout = 1 })
assert(r.success == false and type(r.error) == "string" and r.error:find "tiemout")
r = patterns.robust_background_task("nothing", nil)
assert(r.success == false)

local ok, problem = pcall(patterns.run_background_task, nil, "true")
assert(not ok and problem == "patterns.run_background_task: argument 1 (description) must be a string, got nil")
assert(not pcall(patterns.all_passed, nil))
