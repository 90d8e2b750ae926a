-- results:retry: what did not succeed runs again, and what did stays.
local fs = require "fs"

-- Each command notes that it ran; with the file ID.ok there it succeeds.
local function noting(id, dependencies)
  return {
    id = id, dependencies = dependencies,
    command = ("echo %s >> ran; echo said $$; test -e %s.ok"):format(id, id),
  }
end
local function ran()
  local text = fs.read "ran" or ""
  fs.remove("ran", { missing_ok = true })
  return (text:gsub("\n", " "):gsub(" $", ""))
end
local function make(...)
  for _, id in ipairs { ... } do assert(fs.write(id .. ".ok", "")) end
end

make("a", "d")
local results = task_group { noting("a"), noting("b", { "a" }), noting("c", { "b", "a" }), noting("d") }
assert(not results.success and #results.failed == 2 and results.c.status == "skipped")
assert(tostring(results):find "2 of 4" and tostring(results):find "b", tostring(results))
ran()

-- Still broken: the same end again, of jobs of their own.
local again = results:retry()
assert(ran() == "b" and not again.success and #again.failed == 2)
assert(again[1].job == results[1].job and again[1].output == results[1].output and again.b.job ~= results.b.job)
assert(again.c.status == "skipped" and again.waves[3][1] == "c" and again.by_id.d.success)
-- The old results are as they were.
assert(results.b.status == "failed" and #results.failed == 2)

-- Repaired: b, and what was skipped because of it.
make("b", "c")
local third = again:retry {}
assert(ran() == "b c" and third.success and #third == 4 and #third.failed == 0)
assert(third[1].job == results.a.job and third[2].id == "b" and third.c.success and third[4].job == results.d.job)
-- Nothing left to do.
local same = third:retry { mode = "sequential" }
assert(ran() == "" and same.success and same.c.job == third.c.job and #same == 4)

-- Options for the specs and for the group; edit sees spec and result.
local running = [[mkdir run-%s; set -- run-*; echo $#; sleep 0.1; rmdir run-%s; test "$GO" = yes]]
local specs = {}
for i = 1, 4 do specs[i] = { id = "n" .. i, command = running:format(i, i), env = { GO = i == 4 and "yes" or "no" } } end
results = task_group(specs)
assert(#results.failed == 3 and results.n4.success)
local seen = {}
again = results:retry {
  mode = "sequential", retries = 1, timeout = "1m",
  edit = function(spec, result)
    assert(spec.id == result.id and result.exit_code == 1 and spec.retries == 1 and spec.env.GO == "no")
    seen[#seen + 1] = spec.id
    if spec.id == "n2" then return false end
    spec.env = { GO = "yes" }
    if spec.id == "n3" then return { id = "n3", command = "exit 7", retries = 2 } end
  end,
}
assert(table.concat(seen, " ") == "n1 n2 n3")
assert(again.n1.success and again.n1.output == "1\n" and again.n2.job == results.n2.job)
assert(again.n3.exit_code == 7 and again.n3.attempts == 3 and again.n4.job == results.n4.job and #again.failed == 2)
-- The script's own specs are untouched, and what runs next is what ran last.
assert(specs[1].retries == nil and specs[3].command ~= "exit 7")
third = again:retry { edit = function(spec) if spec.id == "n3" then assert(spec.command == "exit 7") end return false end }
assert(#third.failed == 2 and third.n3.job == again.n3.job)

-- What needs a failure that is left as it is, is left too.
results = task_group { { id = "x", command = "false" }, { id = "y", command = "true", dependencies = { "x" } } }
again = results:retry { edit = function(spec) if spec.id == "x" then return false end end }
assert(again.x.job == results.x.job and again.y.job == results.y.job and not again.success)

-- Results of what had succeeded still reach what runs again, at any distance, and so do the new ones.
results = task_group {
  { id = "api", command = "echo the api" },
  { id = "ui", command = "test -e ui.ok && echo the ui" },
  { id = "both", command = "echo {{needs.api.output}} and {{needs.ui.output}}", dependencies = { "api", "ui" } },
  { id = "fn", fn = function(needs) return needs.api.output .. needs.both.output end, dependencies = { "api", "both" } },
}
assert(results.api.success and #results.failed == 3)
make "ui"
again = results:retry()
assert(again.success and again.both.output:gsub("%s+", " ") == "the api and the ui ", again.both.output)
assert(again.fn.output == "the api\n" .. again.both.output)
-- What was given to the group is given again.
local earlier = task { command = "echo before" }
results = task_group({ { id = "g", command = "test -e g.ok && echo {{needs.old.output}}", dependencies = { "old" } } }, { given = { old = earlier } })
make "g"
again = results:retry()
assert(again.success and again.g.output:find "before", tostring(again))
-- A task that its `when` does not want is no failure, and is asked again when what it needs runs again.
results = task_group {
  { id = "test", command = "test -e tested" },
  { id = "repair", command = "touch repaired", dependencies = { "test" }, trigger_rule = "all_done", when = function(needs) return not needs.test.success end },
  { id = "praise", command = "true", dependencies = { "test" }, trigger_rule = "all_done", when = function(needs) return needs.test.success end },
}
assert(#results.failed == 1 and results.praise.status == "skipped" and results.repair.success)
assert(fs.write("tested", ""))
again = results:retry()
assert(again.success and again.praise.success and again.repair.job == results.repair.job)

-- Functions run again; tasks need no ids; the group's own options hold.
local count = 0
results = task_group({
  { fn = function() count = count + 1 if count == 1 then error "first" end return { count = count } end },
  { command = "true" },
}, { max_concurrency = 1, timeout = "1m" })
again = results:retry()
assert(again.success and again[1].data.count == 2 and again[2].job == results[2].job)

-- After a cancellation, a time-out and fail_fast, too.
results = task_group({ { id = "slow", command = "test -e quick || sleep 60" }, { id = "bad", command = "test -e quick" } }, { fail_fast = true })
assert(results.slow.reason == "fail_fast")
assert(fs.write("quick", ""))
assert(results:retry().success)

-- In the background, and of a background group.
local group = task_group({ { id = "p", command = "test -e p.ok" } }, { run_in_background = true })
results = group:wait()
assert(not results.success)
make "p"
local second = results:retry { run_in_background = true }
assert(second.jobs[1].job ~= results.p.job and wait(second).success and wait(second):retry().p.success)

-- An id may hide the method, and nothing else is hidden by it.
results = task_group { { id = "retry", command = "true" } }
assert(results.retry.success and results.by_id.retry.success)
for key in pairs(task_group { { id = "k", command = "true" } }) do assert(key ~= "retry") end

local ok, problem
local function misuse(options, ...)
  ok, problem = pcall(function() return again:retry(options) end)
  assert(not ok)
  for _, text in ipairs { "retrying.lua:", ... } do assert(tostring(problem):find(text, 1, true), problem) end
end
again = task_group { { id = "m", command = "false" } }
misuse(5, "retry", "number")
misuse({ tiemout = 3 }, "tiemout", "did you mean 'timeout'?")
misuse({ command = "true" }, "command", "edit")
misuse({ edit = 5 }, "edit", "function")
misuse({ edit = function() return 5 end }, "edit", "number")
misuse({ edit = function(spec) spec.id = "other" end }, "id")
misuse({ mode = "diagonal" }, "mode", "diagonal")
ok, problem = pcall(again.retry, {})
assert(not ok and problem:find "results:retry")
-- A refused retry has started nothing, and what its edit raises comes out.
ok, problem = pcall(again.retry, again, { edit = function() error("mine", 0) end })
assert(not ok and problem == "mine" and #jobs { status = "running" } == 0)
