#!/usr/bin/env agentscript
--[[ error_recovery.lua: keep what worked, try again what failed, and ask when that fails too.

  agentscript error_recovery.lua [FOLDER]

Documented example 4, "Error Handling for Parallel Execution": a failure stops nothing else; the failed tasks run again, one
after the other and with more context; what fails twice becomes a decision for a person, with a default after half a second
(`agentscript answer` gives another, from any terminal).

The project is the small shop of support/shop.lua, in which the spec of `profile` is not finished: on the second try the agent
is told what to do. In FOLDER, a project of your own, a file hints.txt with lines "profile: Hello from profile" does that;
without a hint the second try fails as well, and the exit code is 1.
]]
local fs = require "fs"
local path = require "path"
local shop = dofile(path.join(path.dirname(arg[0]), "support/shop.lua"))

local project <close> = shop.make({ "auth", "profile" }, arg[1])
if not arg[1] then
  project:write("product/profile.txt", "still to be written")
  project:write("hints.txt", "profile: Hello from profile")
end

-- Parallel execution with error recovery
local function node(id, agent, description, feature)
  local spec = project:agent(agent, description, feature)
  spec.id, spec.labels = id, { feature = feature }
  return spec
end
local tasks = {
  node("auth-api", "backend", "Implement auth API", "auth"),
  node("auth-ui", "frontend", "Create auth UI", "auth"),
  node("profile-api", "backend", "Implement profile API", "profile"),
}

local ok, results = pcall(task_group, tasks, {
  mode = "parallel",
  fail_fast = false, -- Continue even if one fails
  timeout = "10m",
})

if not ok then
  io.stderr:write("Parallel execution error: ", tostring(results), "\n")
  -- Fall back to sequential execution
  print "Falling back to sequential mode..."
  results = task_group(tasks, { mode = "sequential" })
end

-- Check results
print(("✓ %d of the tasks completed"):format(#results - #results.failed))
if #results.failed > 0 then
  print(("✗ %d failed"):format(#results.failed))
  for _, failure in ipairs(results.failed) do print("  " .. failure.id .. ": " .. failure.error) end

  -- Retry failed tasks sequentially with more context
  local hints = {}
  for feature, hint in (fs.read(path.join(project.folder, "hints.txt")) or ""):gmatch "(%w+): ([^\n]+)" do hints[feature] = hint end
  local failures = results.failed
  results = results:retry {
    mode = "sequential",
    edit = function(spec, failure)
      local hint = hints[spec.labels.feature]
      print(("Retrying: %s (%s)"):format(failure.id, hint and "told: " .. hint or "nothing more is known"))
      spec.env = { SAYS = hint }
    end,
  }
  for _, failure in ipairs(failures) do
    local again = results.by_id[failure.id]
    if again.success then
      print("✓ Retry successful: " .. again.id)
    else
      print("✗ Retry failed: " .. again.id)
      -- Add to decisions.json for user intervention
      local answer, how = ask {
        question = ("Task %s failed twice. How to proceed?"):format(again.id),
        options = { "Skip and continue", "Manual implementation", "Simplify requirements" },
        default = "Manual implementation",
        timeout = "500ms",
        blocking = { again.id },
      }
      print(("Decision: %s (%s)"):format(answer, how))
    end
  end
end
return { success = results.success, failed = #results.failed }
