#!/usr/bin/env agentscript
--[[ progress_streaming.lua: hear how far each of the parallel agents is, while they work.

  agentscript progress_streaming.lua [FEATURE...]

Documented pattern "Progress Streaming": the group's on_progress is called for each report of each task. A command reports by
printing lines such as "[PROGRESS] 40% compiling". The project is the small shop of support/shop.lua.
]]
local path = require "path"
local shop = dofile(path.join(path.dirname(arg[0]), "support/shop.lua"))

local features = #arg > 0 and { table.unpack(arg) } or { "login", "profile" }
local project <close> = shop.make(features)

local specs = {}
for _, name in ipairs(features) do
  table.insert(specs, project:agent("backend", "Implement " .. name .. " API", name))
  table.insert(specs, project:agent("frontend", "Create " .. name .. " UI", name))
end

-- Real-time updates from parallel agents
local heard = {}
local group = task_group(specs, {
  on_progress = function(event)
    heard[event.job] = (heard[event.job] or 0) + 1
    print(("%-9s %3.0f%% complete  %s"):format(event.agent .. ":", event.percentage, event.text))
  end,
})

local silent = 0
for _, result in ipairs(group) do
  if not heard[result.job] then silent = silent + 1 end
end
print(("%s %d tasks, %d of them told nothing"):format(group.success and "✓" or "✗", #group, silent))
return { success = group.success }
