-- plan_only shows what would run, and runs nothing.
local ran = false
local tasks = {
  { id = "lint", command = "sleep 0.1" },
  { id = "api", command = "sleep 0.3", writes = "out/api" },
  { id = "ui", command = "sleep 0.1", dependencies = { "lint" }, writes = "out/**", priority = "high" },
  { id = "fn", fn = function() ran = true end, dependencies = { "api", "ui" } },
}
local plan = task_group(tasks, { plan_only = true })
assert(not ran and #jobs() == 0 and #jobs { run = "all" } == 0, "no job is made")

assert(#plan.waves == 3 and plan.waves[1][1] == "lint" and plan.waves[1][2] == "api" and plan.waves[3][1] == "fn")
assert(#plan.critical_path == 3 and plan.critical_path[1] == "lint" and plan.critical_path.duration_ms == nil)
assert(plan.expected_ms == nil, "no time is claimed where nothing is known")
assert(#plan.conflicts == 1 and plan.conflicts[1][1] == "api" and plan.conflicts[1][2] == "ui")
assert(plan.conflicts[1].pattern == "out/api" and plan.conflicts[1].other_pattern == "out/**")
assert(plan.tasks[3].id == "ui" and plan.tasks[3].dependencies[1] == "lint" and plan.tasks[3].priority == 10)
assert(plan.tasks[1].expected_ms == nil)
local text = tostring(plan)
assert(text == plan.text and text:find("4 tasks in 3 waves", 1, true) and text:find("lint → ui → fn", 1, true), text)
assert(text:find([[task 'api' writes "out/api" and task 'ui' writes "out/**"]], 1, true) and text:find "not known", text)

-- Once they have run, it is known how long they take.
tasks[4] = nil
assert(task_group(tasks).success)
plan = task_group(tasks, { plan_only = true })
assert(plan.tasks[2].expected_ms >= 300 and plan.critical_path[1] == "api", tostring(plan))
assert(plan.critical_path.duration_ms == plan.tasks[2].expected_ms)
assert(plan.expected_ms >= plan.tasks[2].expected_ms + plan.tasks[3].expected_ms, "what conflicts runs one after the other")
assert(tostring(plan):find "expected time: %d")

-- One slot, or one after the other, takes the sum.
local sum = 0
for _, one in ipairs(plan.tasks) do sum = sum + one.expected_ms end
for _, options in ipairs { { max_concurrency = 1 }, { mode = "sequential" } } do
  options.plan_only = true
  assert(math.abs(task_group(tasks, options).expected_ms - sum) <= 2)
end

-- What could not run has no plan either.
local ok, message = pcall(task_group, { { id = "a", command = "true", dependencies = { "b" } } }, { plan_only = true })
assert(not ok and message:find "'b'")
assert(not pcall(task_group, {
  { command = "true", writes = "x" }, { command = "true", writes = "x" },
}, { plan_only = true, conflict_detection = "error" }))
assert(#task_group({}, {plan_only = true }).waves == 0)
