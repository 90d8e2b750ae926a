-- task_group: results in order and by id, dependencies, waves, modes.
local fs = require "fs"
local folder = assert(fs.tmpdir())

local function trace(name) return { id = name, command = "echo " .. name .. " >> trace; echo " .. name, cwd = folder } end
local function traced()
  local list = {}
  for line in (fs.read(folder .. "/trace") or ""):gmatch "%S+" do list[line] = #list + 1; list[#list + 1] = line end
  fs.remove(folder .. "/trace", { missing_ok = true })
  return list
end

-- A diamond.
local review = trace "review"
review.dependencies = { "tests" }
local tests = trace "tests"
tests.depends_on = { "api", "ui" }
local results = task_group { review, tests, trace "api", trace "ui" }
assert(results.success == true and #results == 4 and #results.failed == 0)
assert(results[1].id == "review" and results[4].output == "ui\n" and results.tests.output == "tests\n")
assert(results.by_id.api == results[3] or results.by_id.api.output == "api\n")
local waves = results.waves
assert(#waves == 3 and #waves[1] == 2 and waves[2][1] == "tests" and waves[3][1] == "review")
local order = traced()
assert(order.tests > order.api and order.tests > order.ui and order.review > order.tests)

-- A node starts when its own dependencies end: waves are no barriers.
results = task_group {
  { id = "slow", command = "until [ -e released ]; do sleep 0.02; done", cwd = folder },
  { id = "quick", command = "true" },
  { id = "after-quick", command = "touch released", cwd = folder, dependencies = { "quick" } },
}
assert(results.success)

-- A failure skips what depends on it, also at a distance; the rest runs.
results = task_group {
  { id = "a", command = "exit 4" },
  { id = "b", command = "true", dependencies = { "a" } },
  { id = "c", command = "true", dependencies = { "b" } },
  { id = "d", command = "true" },
}
assert(results.success == false and #results.failed == 3)
assert(results.a.exit_code == 4 and results.d.success)
assert(results.b.status == "skipped" and results.b.reason == "dependency_failed" and results.b.error:find "a")
assert(results.c.status == "skipped" and results.c.reason == "dependency_failed" and results.c.success == false)

-- Sequential, in the order of the list.
results = task_group({ trace "one", trace "two", trace "three" }, { mode = "sequential" })
assert(results.success and table.concat(traced(), " ") == "one two three")
assert(task_group({ trace "x" }, { mode = "parallel" }).success)
traced()

-- max_concurrency holds.
local many = {}
for i = 1, 12 do
  many[i] = {
    command = "mkdir run-" .. i .. "; set -- run-*; echo $#; sleep 0.05; rmdir run-" .. i, cwd = folder,
  }
end
for _, r in ipairs(task_group(many, { max_concurrency = 3 })) do
  assert(tonumber(r.output:match "%d+") <= 3, r.output)
end

-- Ids are names inside the group: the same ones may come again in another.
assert(task_group({ trace "x" }).success and task_group({ trace "x" }).success)
-- An id that is a field's name is found in by_id.
results = task_group { { id = "success", command = "exit 1" }, { id = "n", command = "true" } }
assert(results.success == false and results.by_id.success.exit_code == 1 and results.n.success)

-- Without ids; empty; functions and commands side by side.
assert(#task_group { { command = "true" }, { fn = function() return 1 end } } == 2)
local empty = task_group {}
assert(empty.success and #empty == 0 and #empty.failed == 0)

-- In the background.
local group = task_group({ trace "p", trace "q" }, { run_in_background = true })
local waited = wait(group)
assert(waited.success and waited.p.output == "p\n" and group:wait().q.success)
local job_of_q = group.jobs[2]
assert(job_of_q.status == "completed" and #group.waves == 1)

-- Progress of all.
local heard = 0
task_group({ { command = "echo '[PROGRESS] 10% a'" }, { command = "echo '[PROGRESS] b'" } }, {
  on_progress = function() heard = heard + 1 end,
})
assert(heard >= 2, heard)

assert(fs.remove(folder, { recursive = true }))
