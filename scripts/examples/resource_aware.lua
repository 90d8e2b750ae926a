#!/usr/bin/env agentscript
--[[ resource_aware.lua: let the machine decide how many run at a time.

  agentscript resource_aware.lua [FILES] [CPU_THRESHOLD] [MEMORY_THRESHOLD]

Documented pattern "Resource-Aware Scheduling": with max_concurrency = "auto" it begins with one task for each core, and adds as
long as more gets done by that; above the thresholds it falls. The work is real: FILES files (default 30) are made and
compressed by gzip. A task in which a file cannot be read back fails, and so does the script.
]]
local fs = require "fs"
local path = require "path"
local shell = require "shell"
local time = require "time"

local count = math.tointeger(tonumber(arg[1] or 30))
local cpu_threshold, memory_threshold = tonumber(arg[2] or 0.8), tonumber(arg[3] or 0.9)
if not (count and count > 0 and cpu_threshold and memory_threshold) then
  io.stderr:write "usage: resource_aware.lua [FILES] [CPU_THRESHOLD] [MEMORY_THRESHOLD]\n"
  os.exit(2)
end
local folder = assert(fs.tmpdir { prefix = "compress-" })
local tidy <close> = setmetatable({}, { __close = function() fs.remove(folder, { recursive = true }) end })

local tasks = {}
for i = 1, count do
  local name = ("%03d.txt"):format(i)
  tasks[i] = {
    description = "Compress " .. name,
    command = 'seq 1 20000 > "$FILE" && gzip "$FILE" && gzip -cd "$FILE.gz" | tail -1 | grep -qx 20000',
    env = { FILE = path.join(folder, name) },
    timeout = "1m",
  }
end

print(("%s cores, load %s"):format(shell.output("getconf _NPROCESSORS_ONLN") or "?",
  (fs.read "/proc/loadavg" or "unknown"):match "%S+"))

local ms, results = time.measure(task_group, tasks, {
  max_concurrency = "auto", -- Found out while it runs
  cpu_threshold = cpu_threshold, -- Reduce if CPU > 80%
  memory_threshold = memory_threshold, -- Reduce if memory > 90%
})

-- The most that ran at the same moment, from the records
local moments, active, most, work_ms = {}, 0, 0, 0
for _, result in ipairs(results) do
  if result.started_at then
    table.insert(moments, { at = result.started_at, change = 1 })
    table.insert(moments, { at = result.completed_at, change = -1 })
    work_ms = work_ms + result.duration_ms
  end
end
table.sort(moments, function(a, b) return a.at == b.at and a.change < b.change or a.at < b.at end)
for _, moment in ipairs(moments) do
  active = active + moment.change
  most = math.max(most, active)
end

print(("%d of %d files compressed in %s, at most %d at once"):format(
  #results - #results.failed, count, time.format_duration(ms), most))
for _, failed in ipairs(results.failed) do print("  " .. tostring(failed)) end
print(("%s the tasks took %s together"):format(results.success and "✓" or "✗", time.format_duration(work_ms)))
return { success = results.success }
