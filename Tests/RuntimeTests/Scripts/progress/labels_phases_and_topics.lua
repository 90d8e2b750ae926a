-- expect-stderr: phase: prepare
-- expect-stderr: phase: ship
-- What tasks are filed under reaches their records, from the task, its group and the phase of whoever starts it.
local function record(x) return select(2, status(x)) end

assert(phase() == nil)
local plain = task { command = "true" }
assert(record(plain).phase == nil and record(plain).topic == nil and next(record(plain).labels) == nil)

local filed = task { command = "true", labels = { team = "web", tier = 2, beta = true }, topic = "auth", phase = "own" }
local r = record(filed)
assert(r.labels.team == "web" and r.labels.tier == "2" and r.labels.beta == "true")
assert(r.topic == "auth" and r.phase == "own")

-- A phase holds for the coroutine and what it starts from then on, and for nobody else.
assert(phase "prepare" == nil and phase() == "prepare")
assert(record(task { command = "true" }).phase == "prepare")
parallel {
  function()
    assert(phase() == "prepare")
    assert(phase "ship" == "prepare")
    assert(record(task { command = "true", key = "shipped" }).phase == "ship")
  end,
  function()
    sleep(50)
    assert(phase() == "prepare")
  end,
}
assert(phase() == "prepare")
local inner
task { phase = "deep", fn = function() inner = record(task { command = "true" }).phase end }
assert(inner == "deep")
-- Once told is enough.
phase "ship"

-- A group's defaults, label by label.
local results = task_group({
  { id = "a", command = "true" },
  { id = "b", command = "true", labels = { team = "red" }, topic = "mine", phase = "p" },
}, { labels = { team = "blue", kind = "test" }, topic = "ours", phase = "checks" })
local a, b = record(results.a), record(results.b)
assert(a.labels.team == "blue" and a.labels.kind == "test" and a.topic == "ours" and a.phase == "checks")
assert(b.labels.team == "red" and b.labels.kind == "test" and b.topic == "mine" and b.phase == "p")
assert(a.group and a.group == b.group)

local function count(filter) return #jobs(filter) end
assert(count { label = { team = "red" } } == 1 and count { labels = { kind = "test" } } == 2)
assert(count { label = { team = "red", kind = "other" } } == 0)
assert(count { phase = "ship" } == 1 and count { topic = "ours", phase = "checks" } == 1)
assert(count { run = "all", topic = "ours" } == 1 and count { run = "all", label = { kind = "test" }, status = "completed" } == 2)

-- How it was to be scheduled is in the record too.
local scheduled = task_group {
  { id = "first", command = "true", priority = "high" },
  { id = "early", command = "true", dependencies = { "first" }, speculative = true },
}
assert(record(scheduled.first).priority == 10 and record(scheduled.first).speculative == false)
assert(record(scheduled.early).priority == 0 and record(scheduled.early).speculative == true)
