-- race of alternatives: the first that succeeds and passes the gate wins, whoever is quickest.
local fs = require "fs"

-- The quickest fails, the next does not pass, the third wins, the last is cancelled.
local result, place = race({
  { name = "fails", command = "echo good; exit 1" },
  { name = "poor", command = "sleep 0.1; echo poor" },
  { name = "good", command = "sleep 0.4; echo good", agent = "third" },
  { name = "slow", command = "sleep 60" },
}, { gate = function(r) return r.output == "good\n" end })
assert(place == 3 and result.success and result.name == "good" and result.output == "good\n" and result.agent == "third")
local by_name = {}
for _, record in ipairs(jobs()) do by_name[record.name] = record end
assert(by_name.slow.status == "cancelled" and by_name.slow.cancel_reason == "another alternative won")
assert(by_name.slow.cancelled_by == "script")
assert(by_name.poor.status == "failed" and by_name.poor.reason == "gate_failed", by_name.poor.reason)
-- What they said is kept.
assert(read_output(by_name.poor.id):find "poor")

-- A command as gate: it reads what the alternative said.
result, place = race({ { command = "echo bad" }, { command = "sleep 0.2; echo fine" } }, { gate = "grep -q fine" })
assert(place == 2 and result.output == "fine\n")
-- An alternative's own gate counts for it.
result, place = race({ { command = "echo mine", gate = "grep -q mine" }, { command = "sleep 60" } }, { gate = "false" })
assert(place == 1)

-- Functions are alternatives, too: each is a task.
result, place = race({
  function() sleep "1h" end,
  function() return { success = false, error = "no" } end,
  function() sleep(50) return { quality = 9 } end,
  function() return { quality = 2 } end,
}, { gate = function(r) return r.data.quality > 5 end })
assert(place == 3 and result.data.quality == 9)

-- Nobody wins: nil, and all results in the order of the list.
local results
result, results = race({
  { name = "one", command = "sleep 0.1; exit 1" },
  { name = "two", command = "echo two" },
}, { gate = function(r) return r.output == "three\n" end })
assert(result == nil and #results == 2 and results[1].exit_code == 1)
assert(results[2].name == "two" and results[2].success == false and results[2].reason == "gate_failed")

-- Cancelled with its caller; nothing goes on.
local nothing, why = timeout("300ms", race, { { command = "sleep 60" }, { command = "sleep 60" } }, { gate = "true" })
assert(nothing == nil and why == "timeout" and #jobs { status = "running" } == 0)

local ok, problem = pcall(function() return race({ { command = "sleep 60" }, { comand = "x" } }, { gate = "true" }) end)
assert(not ok and tostring(problem):find "races_with_a_gate.lua:" and tostring(problem):find "comand", problem)
assert(#jobs { status = "running" } == 0 or wait(jobs { status = "running" }))
ok, problem = pcall(function() return race({ { command = "true" } }, { gate = 5 }) end)
assert(not ok and tostring(problem):find "gate")
ok, problem = pcall(function() return race({}, { gate = "true" }) end)
assert(not ok and tostring(problem):find "empty")
