-- Which tasks of a group run, when, and with what.
local fs = require "fs"

-- trigger_rule.
local r = task_group {
  { id = "good", command = "true" },
  { id = "bad", command = "false" },
  { id = "all", command = "true", dependencies = { "good", "bad" } },
  { id = "done", command = "true", dependencies = { "good", "bad" }, trigger_rule = "all_done" },
  { id = "one", command = "true", dependencies = { "good", "bad" }, trigger_rule = "one_success" },
  { id = "none", command = "true", dependencies = { "good", "bad" }, trigger_rule = "none_failed_min_one_success" },
}
assert(not r.success and #r.failed == 3)
assert(r.all.status == "skipped" and r.all.reason == "dependency_failed")
assert(r.done.success and r.one.success)
assert(r.none.status == "skipped" and r.none.reason == "dependency_failed")

-- when: a task that is not wanted is no failure, nor is what depends on it.
local asked
r = task_group {
  { id = "build", command = "echo 7" },
  { id = "deploy", command = "echo deployed", dependencies = { "build" },
    when = function(needs) asked = needs.build.output; return tonumber(needs.build.output) > 10 end },
  { id = "smoke", command = "true", dependencies = { "deploy" } },
  { id = "report", command = "true", dependencies = { "build", "deploy" }, trigger_rule = "none_failed_min_one_success" },
  { id = "yes", command = "echo yes", when = function(needs) sleep(5) return next(needs) == nil end },
}
assert(asked == "7\n" and r.success and #r.failed == 0)
assert(r.deploy.status == "skipped" and r.deploy.reason == "condition" and r.deploy.attempts == 0, tostring(r.deploy))
assert(r.smoke.reason == "condition" and r.report.success and r.yes.output == "yes\n")

-- A when that raises fails its task.
r = task_group { { id = "a", command = "true", when = function() error("no idea") end }, { command = "true", dependencies = { "a" } } }
assert(r.a.status == "failed" and r.a.reason == "script_error" and r.a.error:find "no idea", tostring(r.a))
assert(r[2].reason == "dependency_failed")

-- needs: one word, whatever it holds.
local nasty = [[it's "$(touch hacked)" `touch hacked`; * \ ]]
r = task_group {
  { id = "say", fn = function() return nasty end },
  { id = "v1.2", command = "printf '{\"files\": [\"a b\", \"c\"], \"n\": 3}'" },
  { id = "data", fn = function() return { files = { "a b", "c" }, n = 3 } end },
  { id = "shell", command = "printf '<%s>' {{needs.say.output}} x{{ needs.say.status }}y; cat <<END\n{{needs.say.output}}\nEND",
    dependencies = { "say" } },
  { id = "words", command = { "printf", "<%s>", "{{needs.data.data.files.1}}", "n={{needs.data.data.n}}", "{{needs.v1.2.exit_code}}", "{{.State}}" },
    dependencies = { "data", "v1.2" } },
  { id = "fn", fn = function(needs) return needs.say.output .. needs.data.data.n end, dependencies = { "say", "data" } },
}
assert(r.success, tostring(r.failed[1]))
assert(r.shell.output == "<" .. nasty .. "><xcompletedy>\"" .. nasty .. "\"\n", r.shell.output)
assert(r.words.output == "<a b><n=3><0><{{.State}}>", r.words.output)
assert(r.fn.output == nasty .. "3")
assert(not fs.exists "hacked")

-- on_error.
local specs = { { id = "x", command = "exit 3" }, { id = "y", command = "echo y" } }
r = task_group(specs, { on_error = "drop" })
assert(#r == 1 and r[1].id == "y" and not r.success and r.failed[1].id == "x" and r.by_id.x.exit_code == 3)
local ok, problem = pcall(task_group, specs, { on_error = "raise" })
assert(not ok and problem:find "1 of 2 tasks failed: x: failed %(exit_nonzero%)", problem)
assert(task_group({ specs[2] }, { on_error = "raise" }).success)

-- fallback: what cannot stand company is tried alone, and what depends on it waits for that.
local alone = [[
mkdir lock 2>/dev/null || exit 7
sleep 0.2
rmdir lock
echo done]]
r = task_group({
  { id = "a", command = alone }, { id = "b", command = alone }, { id = "c", command = alone },
  { id = "after", command = "echo {{needs.b.output}}", dependencies = { "b" } },
}, { fallback = "sequential" })
assert(r.success and r.after.output == "done\n", tostring(r.failed[1]))
assert(r.a.attempts + r.b.attempts + r.c.attempts == 5, "the two that lost were tried once more")
r = task_group({ { command = "exit 4", retries = 1 } }, { fallback = "sequential" })
assert(r[1].status == "failed" and r[1].exit_code == 4 and r[1].attempts == 3)

-- speculative: it runs beside its dependency, and counts only if that ends well.
r = task_group {
  { id = "review", command = "sleep 0.3; echo fine" },
  { id = "tests", command = "touch early; echo passed", dependencies = { "review" }, speculative = true },
  { id = "watch", command = "while [ ! -e early ]; do sleep 0.01; done", timeout = "10s" },
}
assert(r.success and r.tests.output == "passed\n" and r.tests.started_at < r.review.completed_at)
r = task_group {
  { id = "review", command = "sleep 0.2; exit 1" },
  { id = "tests", command = "sleep 30", dependencies = { "review" }, speculative = true },
  { id = "quick", command = "echo quick", dependencies = { "review" }, speculative = true },
}
for _, id in ipairs { "tests", "quick" } do
  assert(r[id].status == "cancelled", tostring(r[id]))
  local _, record = status(r[id])
  assert(record.cancelled_by == "speculation" and record.cancel_reason:find "'review'", record.cancel_reason)
end
assert(#r.failed == 1)

-- affinity: one after the other, in one slot.
local steps = {}
for i = 1, 4 do
  steps[i] = { command = "mkdir turn || exit 9; echo $AGENTSCRIPT_SLOT; sleep 0.02; rmdir turn", affinity = "db" }
  steps[i + 4] = { command = "sleep 0.03" }
end
r = task_group(steps)
assert(r.success, tostring(r.failed[1]))
for i = 2, 4 do assert(r[i].output == r[1].output, "the same slot") end

-- max_per_agent.
local tasks = {}
for i = 1, 6 do tasks[i] = { agent = "Explore", command = "mkdir one || exit 9; sleep 0.02; rmdir one" } end
assert(task_group(tasks, { max_per_agent = { Explore = 1 } }).success)

-- priority: with one at a time the more urgent goes first.
local order = {}
local function say(name) return function() order[#order + 1] = name end end
task_group({
  { fn = say "normal" }, { fn = say "low", priority = "low" }, { fn = say "critical", priority = "critical" },
  { fn = say "five", priority = 5 }, { fn = say "high", priority = "high" },
}, { max_concurrency = 1 })
assert(table.concat(order, " ") == "critical high five normal low", table.concat(order, " "))

-- A speculative task outside of a group gives way, and its cancel is no failure.
local guess = spawn { command = "sleep 30", speculative = true, id = "guess-" .. run.id }
assert(select(2, status(guess)).speculative == true)
cancel(guess)
assert(wait(guess).status == "cancelled")
