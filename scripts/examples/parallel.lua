#!/usr/bin/env agentscript
--[[ parallel.lua: what does not depend on each other runs at the same time.

  agentscript parallel.lua [FEATURE] [FOLDER]

Documented example 2, "Parallel Pattern": backend and frontend in one group, then the tests, then the review. The project is
the small shop of support/shop.lua. At the end it tells how long it took, and how long it would have one after the other.
]]
local path = require "path"
local time = require "time"
local shop = dofile(path.join(path.dirname(arg[0]), "support/shop.lua"))

local feature = { name = arg[1] or "login" }
local project <close> = shop.make({ feature.name }, arg[2])
local began, sequential_ms, results = time.monotonic(), 0, {}

-- Keeps and shows results; false if one of them is none to build on.
local function passed(...)
  local all = true
  for _, result in ipairs { ... } do
    table.insert(results, result)
    sequential_ms = sequential_ms + result.duration_ms
    print(("  %-10s %-10s %s"):format(result.agent, result.status, result.error or time.format_duration(result.duration_ms)))
    all = all and result.success
  end
  return all
end

local function build()
  print("Building feature: " .. feature.name .. " (parallel mode)")

  -- Phase 1: Implementation (parallel)
  print "Phase 1: Parallel implementation..."
  local backend_result, frontend_result = table.unpack(task_group({
    project:agent("backend", "Implement " .. feature.name .. " API", feature.name),
    project:agent("frontend", "Create " .. feature.name .. " UI", feature.name),
  }, { mode = "parallel" }))
  if not passed(backend_result, frontend_result) then return false, "implementation" end

  -- Phase 2: Testing (after implementation)
  print "Phase 2: Testing..."
  local test_result = task(project:agent("tester", "Write tests for " .. feature.name, feature.name))
  if not passed(test_result) then return false, "testing" end

  -- Phase 3: Review (after tests)
  print "Phase 3: Validation..."
  local review_result = task(project:agent("reviewer", "Review " .. feature.name, feature.name))
  return passed(review_result), "validation"
end

local success, stage = build()
if success then
  local took = time.monotonic() - began
  print(("✓ Feature %s complete in %s, one after the other it would be %s"):format(feature.name,
    time.format_duration(took), time.format_duration(sequential_ms)))
else
  print("✗ Stopped at " .. stage)
end
return { success = success, stage = stage }
