-- patterns.sequential_fallback: in parallel first, and what fails there once more, one after the other.
local fs, patterns = require "fs", require "patterns"

-- Both want the same lock: in parallel one of them fails, one after the other none.
local command = "mkdir lock || exit 1; sleep 0.3; rmdir lock; echo $0"
local specs = { { id = "a", command = command }, { id = "b", command = command }, { id = "c", command = "true" } }
local results, why = patterns.sequential_fallback(specs, { timeout = "1m" })
assert(results.success and #results == 3 and results.a.success and results.b.success)
assert(why == "1 of 3 tasks did not succeed", why)

-- All well at once: nothing runs twice, and nothing fell back.
results, why = patterns.sequential_fallback { { id = "x", command = "echo x >> ran" } }
assert(results.success and why == nil and fs.read "ran" == "x\n")

-- What fails again is a failure; overrides are for the second time.
local hints = {}
results, why = patterns.sequential_fallback({ { id = "p", command = 'test "$HINT" = go' }, { id = "q", command = "exit 3" } }, nil, {
  edit = function(spec, failure)
    hints[#hints + 1] = failure.id
    spec.env = { HINT = "go" }
  end,
})
assert(not results.success and results.p.success and results.q.exit_code == 3 and why:find "2 of 2")
assert(table.concat(hints, " ") == "p q")
-- on_error is for the end alone.
local ok, problem = pcall(patterns.sequential_fallback, { { id = "q", command = "exit 3" } }, { on_error = "raise" })
assert(not ok and tostring(problem):find "exit code 3", problem)
results = patterns.sequential_fallback({ { id = "l", command = "mkdir once" }, { command = "mkdir l || exit 1; sleep 0.2; rmdir l" }, { command = "mkdir l || exit 1; sleep 0.2; rmdir l" } }, { on_error = "raise" })
assert(results.success)

-- Tasks that get in each other's way, where that is an error.
results, why = patterns.sequential_fallback({
  { id = "w", command = "echo w >> both", writes = "both" }, { id = "v", command = "echo v >> both", writes = "both" },
}, { conflict_detection = "error", max_concurrency = "auto", cpu_threshold = 0.9 })
assert(results.success and fs.read "both" == "w\nv\n" and why:find "both", why)
-- Options for tasks side by side do not stand in the way of one after the other.
results = task_group({ { id = "r", command = "test -e r.ok" } }, { max_concurrency = "auto", memory_threshold = 0.95 })
assert(fs.write("r.ok", "") and results:retry({ mode = "sequential" }).success)

ok, problem = pcall(function() return patterns.sequential_fallback({ { comand = "x" } }) end)
assert(not ok and tostring(problem):find "fallbacks.lua:" and tostring(problem):find "comand", problem)
ok, problem = pcall(function() return patterns.sequential_fallback(nil) end)
assert(not ok and tostring(problem):find "specs", problem)
