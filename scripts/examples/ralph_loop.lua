#!/usr/bin/env agentscript
--[[ ralph_loop.lua: the same step again and again until it promises that all is done.

  agentscript ralph_loop.lua [FOLDER] [MOST_ITERATIONS]

Documented pattern "Ralph Loop Integration": each iteration picks the next feature that is not finished and builds it; when
none is left it says <promise>SHOP_COMPLETE</promise>. It ends at the latest after MOST_ITERATIONS (default 10) or a minute,
and tells why. The project is the small shop of support/shop.lua.
]]
local fs = require "fs"
local path = require "path"
local patterns = require "patterns"
local shop = dofile(path.join(path.dirname(arg[0]), "support/shop.lua"))

local project <close> = shop.make({ "login", "profile", "search" }, arg[1])

-- A feature is finished when its tests have been written.
local function get_next_feature()
  for _, spec in ipairs(assert(fs.glob("product/*.txt", { base = project.folder }))) do
    local name = path.stem(spec)
    if not fs.exists(path.join(project.folder, "tests", name .. ".txt")) then return name end
  end
end

local outcome = patterns.ralph {
  promise = "SHOP_COMPLETE",
  max_iterations = math.tointeger(tonumber(arg[2] or 10)),
  budget = { duration = "1m" },
  step = function(i)
    -- Pick next feature
    local next_feature = get_next_feature()
    -- Signal completion
    if not next_feature then return "<promise>SHOP_COMPLETE</promise>" end

    -- Delegate
    local results = task_group {
      project:agent("backend", "Implement " .. next_feature, next_feature),
      project:agent("frontend", "Create UI for " .. next_feature, next_feature),
    }
    local last = results.success and task(project:agent("tester", "Test " .. next_feature, next_feature)) or results.failed[1]
    print(("iteration %d: %s: %s"):format(i, next_feature, last.error or last.output:match "([^\n]*)\n*$"))
    return last
  end,
}

print(("%s %s after %d iterations"):format(outcome.success and "✓" or "✗", outcome.error or "promise kept", outcome.iterations))
return { success = outcome.success, why = outcome.why }
