-- max_concurrency = "auto" and thresholds: whatever the load, all of it runs, and at least one task at a time.
local function tasks(count)
  local list = {}
  for i = 1, count do list[i] = { id = "t" .. i, command = "echo " .. i } end
  return list
end

local results = task_group(tasks(40), { max_concurrency = "auto" })
assert(results.success and #results == 40 and results.t40.output == "40\n")

-- No machine is ever below these: one task at a time goes on.
results = task_group(tasks(6), { cpu_threshold = 0.0001, memory_threshold = 0.0001, max_concurrency = 3 })
assert(results.success and #results == 6)

-- None is ever above these.
results = task_group(tasks(20), { cpu_threshold = 1, memory_threshold = 1 })
assert(results.success)
assert(task_group(tasks(20), { max_concurrency = "auto", cpu_threshold = 0.5, memory_threshold = 0.95 }).success)
