#!/usr/bin/env agentscript
--[[ pool_queue.lua: more work than slots: what does not fit waits in a queue.

  agentscript pool_queue.lua [SLOTS] [FEATURE...]

Documented pattern "Agent Pool Management": at most SLOTS (default 4) agents at a time; those beyond are queued, and each
starts when a slot is free. The project is the small shop of support/shop.lua.
]]
local path = require "path"
local shop = dofile(path.join(path.dirname(arg[0]), "support/shop.lua"))

local max_concurrent = math.tointeger(tonumber(arg[1] or 4))
if not max_concurrent or max_concurrent < 1 then
  io.stderr:write "usage: pool_queue.lua [SLOTS] [FEATURE...]\n"
  os.exit(2)
end
local features = #arg > 1 and { table.unpack(arg, 2) } or { "login", "profile", "search" }
local project <close> = shop.make(features)

-- A pool: a group in the background. `execute` puts work in, `run` starts it.
local AgentPool = {}
AgentPool.__index = AgentPool

function AgentPool.new(slots) return setmetatable({ slots = slots, work = {} }, AgentPool) end

function AgentPool:execute(agent, description, feature)
  table.insert(self.work, project:agent(agent, description, feature))
end

function AgentPool:run()
  return task_group(self.work, { max_concurrency = self.slots, run_in_background = true })
end

-- Usage
local pool = AgentPool.new(max_concurrent)
for _, feature in ipairs(features) do
  pool:execute("backend", "Implement " .. feature, feature)
  pool:execute("frontend", "Create UI of " .. feature, feature)
end
local group = pool:run()

-- How many are active and how many wait, at the start and whenever one ends
local function count(...)
  local number = 0
  for _, job in ipairs(group.jobs) do
    for _, status in ipairs { ... } do
      if job.status == status then number = number + 1 end
    end
  end
  return number
end
local function show(text)
  print(("%-36s active %d of %d, queued %d"):format(text, count "running", max_concurrent, count("pending", "queued")))
end
while count("running", "completed", "failed") < math.min(max_concurrent, #group.jobs) do sleep "5ms" end
show "start"
for result in as_completed(group.jobs) do show(result.description .. ": " .. result.status) end

-- The most that ran at the same moment, from the records
local results, moments = wait(group), {}
for _, result in ipairs(results) do
  table.insert(moments, { at = result.started_at, change = 1 })
  table.insert(moments, { at = result.completed_at, change = -1 })
end
table.sort(moments, function(a, b) return a.at == b.at and a.change < b.change or a.at < b.at end)
local active, most = 0, 0
for _, moment in ipairs(moments) do
  active = active + moment.change
  most = math.max(most, active)
end

print(("%s %d tasks through %d slots, at most %d at once"):format(
  results.success and "✓" or "✗", #results, max_concurrent, most))
for _, failed in ipairs(results.failed) do print("  " .. tostring(failed)) end
return { success = results.success and most <= max_concurrent }
