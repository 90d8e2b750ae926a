#!/usr/bin/env agentscript
--[[ sequential.lua: build a feature step by step, each only if the one before has worked.

  agentscript sequential.lua [FEATURE] [FOLDER]

Documented example 1, "Sequential Pattern": backend, frontend, tests, validation, one at a time. The project is the small shop of
support/shop.lua; FOLDER is one with a spec of its own in product/FEATURE.txt. A failed step ends it with exit code 1.
]]
local path = require "path"
local time = require "time"
local shop = dofile(path.join(path.dirname(arg[0]), "support/shop.lua"))

-- Read feature from product spec
local feature = { name = arg[1] or "login" }
local project <close> = shop.make({ feature.name }, arg[2])
local history = {}

-- Runs an agent to its end. What has failed ends the script, with that agent's words.
local function delegate(agent, description)
  local result = task(project:agent(agent, description, feature.name))
  table.insert(history, { agent = agent, status = result.status, duration_ms = result.duration_ms })
  print(("  %-10s %-10s %s"):format(agent, result.status, result.error or result.output:match "([^\n]*)\n*$"))
  if not result.success then error(("%s: %s"):format(description, result.error), 0) end
end

local ok, problem = pcall(function()
  print("Building feature: " .. feature.name)

  -- Step 1: Backend implementation
  print "Step 1/4: Backend implementation..."
  delegate("backend", "Implement " .. feature.name .. " API per spec")

  -- Step 2: Frontend implementation
  print "Step 2/4: Frontend implementation..."
  delegate("frontend", "Create " .. feature.name .. " UI per spec")

  -- Step 3: Tests
  print "Step 3/4: Writing tests..."
  delegate("tester", "Write tests for " .. feature.name)

  -- Step 4: Validation
  print "Step 4/4: Validating quality..."
  delegate("reviewer", "Review " .. feature.name .. " changes")
end)

local total = 0
for _, entry in ipairs(history) do total = total + entry.duration_ms end
if ok then
  print(("✓ Feature %s complete, %d steps in %s"):format(feature.name, #history, time.format_duration(total)))
else
  print(("✗ Stopped in step %d: %s"):format(#history, problem))
end
return { success = ok, error = problem, history = history }
