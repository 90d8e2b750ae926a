-- parallel, race, pipeline, async, timeout, retry, sleep.
local time = require "time"

-- sleep suspends its own coroutine only.
local order = {}
local ms = time.measure(parallel, {
  function() sleep "300ms"; order[#order + 1] = "slow" end,
  function() sleep(50); order[#order + 1] = "fast" end,
  function() sleep(0); order[#order + 1] = "now" end,
})
assert(table.concat(order, " ") == "now fast slow" and ms >= 290 and ms < 20000, table.concat(order, " "))

-- parallel: values in order, nil in its place; specs of tasks may stand in the list.
local values = parallel { function() sleep(20); return "a", "ignored" end, function() return nil end, function() return false end }
assert(values[1] == "a" and values[2] == nil and values[3] == false and values.n == 3)
assert(parallel { { command = "echo x" } }[1].output == "x\n")
assert(#parallel {} == 0)
assert(parallel({ function() return 1 end, function() return 2 end }, { max_concurrency = 1 })[2] == 2)

-- A branch that raises closes its siblings, and the error comes out as it was.
local closed = false
local thrown = { code = 42 }
local ok, problem = pcall(parallel, {
  function()
    local guard <close> = setmetatable({}, { __close = function() closed = true end })
    sleep "1h"
  end,
  function() sleep(20); error(thrown) end,
})
assert(not ok and problem == thrown and closed)
local survivor
ok = pcall(parallel, { function() survivor = spawn { command = "sleep 60" }; sleep "1h" end, function() sleep(50); error "x" end })
assert(not ok and wait(survivor).status == "cancelled", "the jobs of a closed branch are cancelled")
-- A failed job is a result, no error.
assert(parallel { function() return task { command = "exit 1" } end }[1].success == false)

-- settle keeps every outcome.
values = parallel({ function() return 7 end, function() error("bad", 0) end }, { settle = true })
assert(values[1].success and values[1].value == 7 and values[2].success == false and values[2].error == "bad")

-- race: the first wins, the others are cancelled.
local late = false
local winner = race { function() sleep "1h"; late = true end, function() sleep(20); return "won" end }
assert(winner == "won" and not late)
ok, problem = pcall(race, { function() sleep "1h" end, function() error("lost", 0) end })
assert(not ok and problem == "lost")

-- pipeline: each item goes its own way through the stages.
values = pipeline({ 1, 2, 3 }, function(v) sleep(30 - 10 * v); return v * 10 end, function(v, item, i) return v + item + i end)
assert(values[1] == 12 and values[2] == 24 and values[3] == 36)
ok, problem = pcall(pipeline, { 1 }, function() error("stage", 0) end)
assert(not ok and problem == "stage")
values = pipeline({ 1, 2 }, function(v) if v == 1 then error("first", 0) end return v end, { settle = true })
assert(values[1].error == "first" and values[2].value == 2)

-- async: a handle; wait gives its values and raises its error.
local handle = async(function(a, b) sleep(20); return a + b, "second" end, 3, 4)
assert(wait(handle) == 7 and select(2, wait(handle)) == "second" and handle:wait() == 7)
handle = async(function() error("async", 0) end)
ok, problem = pcall(wait, handle)
assert(not ok and problem == "async")
handle = async(sleep, "1h")
local result, why = wait(handle, 30)
assert(result == nil and why == "timeout")
handle:cancel()
assert(not pcall(wait, handle))
values = wait { async(function() return "p" end), async(function() sleep(10); return "q" end) }
assert(values[1] == "p" and values[2] == "q")

-- timeout: values, or nil and "timeout", and what was started inside has ended.
assert(select("#", timeout("1h", function() return 1, 2, nil end)) == 3)
local job
result, why = timeout("300ms", function() job = spawn { command = "sleep 60" }; wait(job) end)
assert(result == nil and why == "timeout" and wait(job).status == "cancelled")
result, why = timeout(100, function() while true do end end)
assert(result == nil and why == "timeout", "a loop that never waits")
result, why = timeout(100, function() pcall(sleep, "1h"); return "kept going" end)
assert(result == nil and why == "timeout", "pcall cannot keep a deadline")
ok, problem = pcall(timeout, "1h", function() error("inside", 0) end)
assert(not ok and problem == "inside")
-- The inner deadline is the inner call's alone.
result = timeout("1h", function()
  local _, inner = timeout(50, function() sleep "1h" end)
  return "outer goes on after " .. inner
end)
assert(result == "outer goes on after timeout")

-- retry.
local tries = 0
assert(retry({ attempts = 5, delay = 1 }, function(attempt)
  tries = tries + 1
  assert(attempt == tries)
  if tries < 3 then error "not yet" end
  return "third"
end) == "third" and tries == 3)
tries = 0
ok, problem = pcall(retry, { attempts = 2, delay = 1 }, function() tries = tries + 1; error("always", 0) end)
assert(not ok and problem == "always" and tries == 2)
tries = 0
local last = retry({ attempts = 3, delay = 1, backoff = 2, max_delay = 2, jitter = true }, function()
  tries = tries + 1
  return task { command = "exit " .. tries }
end)
assert(last.exit_code == 3 and tries == 3, "a failed result counts as a failure, and the last one is returned")
tries = 0
pcall(retry, { attempts = 9, delay = 1, retry_if = function(e) return e ~= "fatal" end }, function()
  tries = tries + 1
  error(tries == 2 and "fatal" or "mild", 0)
end)
assert(tries == 2)
