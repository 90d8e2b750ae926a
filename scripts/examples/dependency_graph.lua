#!/usr/bin/env agentscript
--[[ dependency_graph.lua: say what needs what, and let the order follow from it.

  agentscript dependency_graph.lua [FEATURE] [FOLDER]

Documented pattern "Dependency Graph Resolution": api and ui depend on nothing and start at once, tests need both, the review
needs the tests. A task starts when its own dependencies have ended; what depends on a failure is skipped, and says so. The
project is the small shop of support/shop.lua.
]]
local path = require "path"
local time = require "time"
local shop = dofile(path.join(path.dirname(arg[0]), "support/shop.lua"))

local feature = arg[1] or "login"
local project <close> = shop.make({ feature }, arg[2])

-- Define tasks with dependencies
local function node(id, agent, description, dependencies)
  local spec = project:agent(agent, description, feature)
  spec.id, spec.dependencies = id, dependencies
  return spec
end
local tasks = {
  node("api", "backend", "Implement API", {}), -- No dependencies, can start immediately
  node("ui", "frontend", "Create UI", {}), -- No dependencies, can start immediately
  node("tests", "tester", "Write tests", { "api", "ui" }), -- Needs both API and UI complete
  node("review", "reviewer", "Validate code", { "tests" }), -- Needs tests complete
}

-- Execution plan (auto-generated), nothing runs yet:
local plan = task_group(tasks, { plan_only = true })
for i, wave in ipairs(plan.waves) do
  print(("Wave %d%s: %s"):format(i, #wave > 1 and " (parallel)" or "", table.concat(wave, ", ")))
end
print("Longest way: " .. table.concat(plan.critical_path, " → "))

local results = task_group(tasks)

-- What happened, in the order of time
local moments, first = {}, math.huge
local function note(at, text)
  if not at then return end
  local ms = time.parse_iso(at)
  first = math.min(first, ms)
  table.insert(moments, { ms = ms, place = #moments, text = text })
end
for _, result in ipairs(results) do
  note(result.started_at, result.id .. " starts")
  if result.started_at then note(result.completed_at, ("%s: %s"):format(result.id, result.error or result.status)) end
end
table.sort(moments, function(a, b) return a.ms == b.ms and a.place < b.place or a.ms < b.ms end)
for _, moment in ipairs(moments) do print(("%6.2f s → %s"):format((moment.ms - first) / 1000, moment.text)) end
for _, result in ipairs(results) do
  if result.status == "skipped" then print(("         × %s: %s"):format(result.id, result.error)) end
end

local sum = 0
for _, result in ipairs(results) do sum = sum + (result.duration_ms or 0) end
if results.success then print(("✓ All done; one after the other: %.2f s"):format(sum / 1000)) end
return { success = results.success, failed = #results.failed }
