#!/usr/bin/env agentscript
--[[ checkpoint_resume.lua: many features one by one, such that the next run goes on where this one stopped.

  agentscript checkpoint_resume.lua [FOLDER] [FEATURE...]

Documented pattern "Checkpoint-Resume": completion.json in the project says of each feature whether it is pending, in progress,
failed or complete. Stop it with Ctrl-C or kill -9, repair what has failed, run it again: what is complete is not done again.
The project is the small shop of support/shop.lua; only one of your own, in FOLDER, is still there for a second run.
]]
local path = require "path"
local patterns = require "patterns"
local shop = dofile(path.join(path.dirname(arg[0]), "support/shop.lua"))

local features = #arg > 1 and { table.unpack(arg, 2) } or { "login", "profile", "search" }
local project <close> = shop.make(features, arg[1])

-- Runs an agent; what fails ends the step, and its words are kept in the file.
local function delegate(agent, description, name)
  local result = task(project:agent(agent, description .. " " .. name, name))
  if not result.success then error(("%s: %s"):format(agent, result.error), 0) end
  return result.output:match "([^\n]*)\n*$"
end

local outcome = patterns.checkpoint {
  file = path.join(project.folder, "completion.json"),
  features = features,
  step = function(name, _, feature, save)
    if feature.attempts > 1 then print(("%s: attempt %d"):format(name, feature.attempts)) end
    delegate("backend", "Implement", name)
    delegate("frontend", "Create UI of", name)

    -- Checkpoint: implemented
    feature.implemented = true
    save()

    -- Checkpoint: complete, once the tests have passed
    print(("%s: %s"):format(name, delegate("tester", "Test", name)))
  end,
}

if #outcome.reused > 0 then print("complete before: " .. table.concat(outcome.reused, ", ")) end
for _, failure in ipairs(outcome.failed) do print(("✗ %s: %s"):format(failure.name, failure.error)) end
print(("%s %d of %d features complete"):format(outcome.success and "✓" or "✗", #outcome.completed + #outcome.reused, #features))
return { success = outcome.success, completed = outcome.completed, reused = outcome.reused }
