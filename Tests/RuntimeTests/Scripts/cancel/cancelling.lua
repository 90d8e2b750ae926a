-- cancel: jobs, ids, lists, groups, functions; the reason is kept.
local fs = require "fs"
local folder = assert(fs.tmpdir())

local job = spawn { command = "echo up; sleep 60" }
assert(cancel(job, "not needed") == true)
local r = wait(job)
assert(r.success == false and r.status == "cancelled" and r.reason == "cancelled", r.reason)
assert(tostring(r.error):find("not needed", 1, true), r.error)
assert(cancel(job) == false, "it is over")
assert(select(2, status(job)).cancel_reason == "not needed")

-- kill is another name for it; ids and methods will do.
job = spawn { command = "sleep 60" }
assert(kill(job.id) == true and wait(job).status == "cancelled")
job = spawn { command = "sleep 60" }
assert(job:cancel "why" == true and job:wait().status == "cancelled")

-- A list, and a group.
local a, b = spawn { command = "sleep 60" }, spawn { command = "sleep 60" }
cancel { a, b }
local results = wait { a, b }
assert(results[1].status == "cancelled" and results[2].status == "cancelled")
local group = task_group({
  { id = "x", command = "sleep 60" }, { id = "y", command = "true", dependencies = { "x" } },
}, { run_in_background = true })
cancel(group, "enough")
results = wait(group)
assert(results.x.status == "cancelled" and not results.y.success and not results.success)

-- What waits in the queue is cancelled as well.
local queued = {}
for i = 1, 15 do queued[i] = spawn { command = "sleep 60" } end
cancel(queued)
for _, result in ipairs(wait(queued)) do assert(result.status == "cancelled") end

-- The whole tree ends: what a shell started, too.
job = spawn { command = "sleep 61 & sleep 62 & echo $! > pid; wait", cwd = folder }
while not (fs.read(folder .. "/pid") or ""):find "\n" do sleep(10) end
local pid = fs.read(folder .. "/pid"):match "%d+"
cancel(job)
wait(job)
assert(not fs.exists("/proc/" .. pid) or fs.read("/proc/" .. pid .. "/stat"):find "^%d+ %b() Z", "a child was left")

-- A function: its waits end, its closing variables run, pcall cannot keep it.
local closed, swallowed, children = false, false, nil
job = spawn {
  fn = function()
    local guard <close> = setmetatable({}, { __close = function() closed = true end })
    children = spawn { command = "sleep 60" }
    while true do
      local ok = pcall(sleep, "1h")
      if not ok then swallowed = true end
    end
  end,
}
while not children do sleep(1) end
cancel(job, "stop")
r = wait(job)
assert(r.status == "cancelled" and closed and not swallowed, r.status)
assert(wait(children).status == "cancelled", "what a cancelled task started is cancelled")

-- A closing variable ends the job.
do
  local scoped <close> = spawn { command = "sleep 60", id = "scoped" }
end
assert(status "scoped" == "cancelled")

-- An endless loop is interrupted.
job = spawn { fn = function() while true do end end, timeout = "300ms" }
assert(wait(job).status == "timed_out")

assert(fs.remove(folder, { recursive = true }))
