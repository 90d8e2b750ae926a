#!/usr/bin/env agentscript
--[[ hybrid.lua: several features, in phases: parallel inside a phase, one phase after the other.

  agentscript hybrid.lua [FEATURE...]

Documented example 3, "Hybrid Approach": all implementations in parallel, four at a time; then all tests, three at a time;
then one review of everything. A phase with a failure is the last one. The project is the small shop of support/shop.lua.
]]
local path = require "path"
local patterns = require "patterns"
local shop = dofile(path.join(path.dirname(arg[0]), "support/shop.lua"))

-- Build multiple features with smart parallelization
local features = #arg > 0 and { table.unpack(arg) } or { "authentication", "user-profile", "notifications" }
local project <close> = shop.make(features)

local function report(results)
  for _, result in ipairs(results) do
    print(("  %-9s %-32s %s"):format(result.agent, result.description, result.error or result.status))
  end
  return (patterns.all_passed(results))
end

local function build()
  -- Phase 1: Implement all features in parallel
  print "Phase 1: Parallel feature implementation..."
  local specs = {}
  for _, name in ipairs(features) do
    table.insert(specs, project:agent("backend", "Implement " .. name .. " API", name))
    table.insert(specs, project:agent("frontend", "Create " .. name .. " UI", name))
  end
  local impl_results = task_group(specs, { mode = "parallel", max_concurrency = 4 })
  if not report(impl_results) then return false, "implementation" end

  -- Phase 2: Test all features in parallel
  print "Phase 2: Parallel testing..."
  specs = {}
  for i, name in ipairs(features) do specs[i] = project:agent("tester", "Write tests for " .. name, name) end
  local test_results = task_group(specs, { mode = "parallel", max_concurrency = 3 })
  if not report(test_results) then return false, "testing" end

  -- Phase 3: Single review of all changes (sequential)
  print "Phase 3: Full codebase review..."
  local review = task(project:agent("reviewer", "Review all changes"))
  print("  " .. review.output:match "([^\n]*)\n*$")
  return review.success, "review"
end

local success, stage = build()
print(success and ("✓ All %d features complete"):format(#features) or "✗ Stopped at " .. stage)
return { success = success, stage = stage }
