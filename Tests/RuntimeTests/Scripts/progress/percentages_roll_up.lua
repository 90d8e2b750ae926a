-- How far tasks, groups, phases and the run are, and when they will be done.
local empty = progress()
assert(empty.total == 0 and empty.percentage == 100 and empty.eta_ms == 0 and #empty.phases == 0 and #empty.groups == 0)

-- A group hears of each report and each end, and of itself as a whole.
local events = {}
local results = task_group({
  { id = "a", command = "echo '[PROGRESS] 50% half'; sleep 0.3" },
  { id = "b", command = "true" },
  { id = "c", command = "exit 3", dependencies = { "a" } },
  { id = "d", command = "true", dependencies = { "c" } },
}, { on_progress = function(event) events[#events + 1] = event end, phase = "first" })
assert(not results.success)
local last, reports = 0, 0
for _, event in ipairs(events) do
  local group = event.group
  assert(group.total == 4 and group.percentage >= last, group.percentage)
  assert(group.percentage < 100 or group.completed + group.failed == 4)
  last = group.percentage
  if event.id == "a" and event.status == "running" then
    reports = reports + 1
    assert(event.percentage == 50 and event.text == "half" and group.percentage > 0)
  end
end
local final = events[#events]
assert(reports == 1 and #events == 5, #events)
assert(final.group.percentage == 100 and final.group.completed == 2 and final.group.failed == 2 and final.group.eta_ms == 0)

-- A task with an on_progress of its own hears of its reports alone.
local own = 0
task_group { { command = "echo '[PROGRESS] 10%'", on_progress = function(event)
  own = own + 1
  assert(event.group.total == 1)
end } }
assert(own == 1, own)

-- The run as a whole, with its phases and groups; functions hold what they start.
local inside
phase "second"
task {
  name = "outer",
  fn = function()
    task_group({ { command = "true" }, { command = "true" }, { fn = function()
      inside = progress()
    end } }, { max_concurrency = 1 })
  end,
}
assert(inside.running >= 2 and inside.percentage < 100)
local whole = progress()
assert(whole.total == 9 and whole.completed == 7 and whole.failed == 2 and whole.running == 0 and whole.percentage == 100)
assert(#whole.phases == 2 and whole.phases[1].name == "first" and whole.phases[1].failed == 2)
assert(whole.phases[2].name == "second" and whole.phases[2].total == 1 and whole.phases[2].percentage == 100)
assert(#whole.groups == 3 and whole.groups[1].total == 4 and whole.groups[3].completed == 3)

-- A group in the background; what was done before tells how long it takes.
task_group { { id = "slow", command = "sleep 0.31" }, { id = "slower", command = "sleep 0.61" } }
local group = task_group({ { id = "slow", command = "sleep 0.31" }, { id = "slower", command = "sleep 0.61" } }, { run_in_background = true })
local seen, most = 0, 0
while true do
  local p = group:progress()
  assert(p.total == 2 and p.id == group.id and p.percentage >= most)
  most = p.percentage
  if p.percentage == 100 then break end
  assert(p.percentage <= 99.9 and p.eta_ms, "no ETA")
  if p.eta_ms > 50 and p.eta_ms <= 1500 then seen = seen + 1 end
  sleep(20)
end
assert(seen >= 3, seen)
assert(group:progress().completed == 2 and group:wait().success)
