-- patterns.batch: many items, in a memory that does not grow with their number.
local fs, patterns = require "fs", require "patterns"

local function resident()
  for line in io.lines "/proc/self/status" do
    local kilobytes = line:match "^VmRSS:%s*(%d+)"
    if kilobytes then return tonumber(kilobytes) end
  end
end

-- 10,000 items from an iterator; each result is 10 kB, and all of them would be 100 MB.
local function numbers(last)
  local n = 0
  return function()
    n = n + 1
    if n <= last then return n end
  end
end
local function big(item)
  sleep(0)
  return ("%d "):format(item) .. ("x"):rep(10000)
end
patterns.batch(numbers(1000), big)
collectgarbage()
local before, resident_before, sum, most = collectgarbage "count", resident(), 0, 0
local summary = patterns.batch(numbers(10000), big, {
  on_result = function(text, item, index)
    assert(item == index and text:find("^" .. item .. " "))
    sum = sum + item
    most = math.max(most, collectgarbage "count")
  end,
})
assert(summary.success and summary.total == 10000 and summary.succeeded == 10000 and summary.results == nil)
assert(sum == 10000 * 10001 / 2)
collectgarbage()
assert(most - before < 8 * 1024, most - before)
assert(collectgarbage "count" - before < 512, collectgarbage "count" - before)
assert(resident() - resident_before < 24 * 1024, resident() - resident_before)

-- A list; commands get the item in a variable, whatever is in it.
local seen = {}
summary = patterns.batch({ "a b", "$(touch evil)", "it's" }, { name = "show", command = [[printf '%s|%s' "$ITEM" "$INDEX"]] }, {
  on_result = function(result, item, index) seen[index] = result.output == item .. "|" .. index and result.name end,
})
assert(summary.success and seen[1] == "show 1" and seen[2] and seen[3] and not fs.exists "evil")
-- The functions of specs get it as an argument.
assert(patterns.batch({ 7 }, { fn = function(item, index) return { item * index } end }, { keep = true }).results[1].data[1] == 7)

-- What is not kept can still be asked for, by whoever has its id: the registry knows it.
local first
patterns.batch({ "x", "y" }, { name = "echo", command = 'echo "$ITEM"; test "$ITEM" = x' }, {
  on_result = function(result, item) if item == "x" then first = result.job end end,
})
assert(status(first) == "completed" and read_output(first):find "x" and wait(first).output == "x\n")
local records = jobs()
assert(#records == 6 and records[5].name == "echo 1" and records[6].status == "failed", #records)
assert(#jobs { status = "failed" } == 1 and #jobs { limit = 2 } == 2)

-- A few at a time.
local running, peak = 0, 0
summary = patterns.batch(numbers(20), function()
  running = running + 1
  peak = math.max(peak, running)
  sleep(10)
  running = running - 1
end, { max_concurrency = 4 })
assert(summary.total == 20 and peak == 4)

-- Several items at once.
local sizes = {}
summary = patterns.batch(numbers(10), function(list) sizes[#sizes + 1] = #list end, { size = 4, max_concurrency = 1 })
assert(summary.total == 3 and table.concat(sizes, " ") == "4 4 2")
summary = patterns.batch({ "x", "y", "z" }, { command = "tr '\\n' ,; echo $INDEX" }, { size = 2, keep = true })
assert(summary.results[1].output == "x,y,1\n" and summary.results[2].output == "z,2\n")

-- Failures of each kind are counted, and do not stop the others; kept values are in the items' order.
summary = patterns.batch({ "ok", "raise", "false", "exit", "ok" }, function(item)
  if item == "raise" then error("raised", 0) end
  if item == "false" then return false end
  if item == "exit" then return task { command = "exit 9" } end
  sleep(20)
  return item
end, { keep = true })
assert(not summary.success and summary.total == 5 and summary.failed == 3 and summary.succeeded == 2)
assert(summary.results[1] == "ok" and summary.results[5] == "ok" and summary.results[4].exit_code == 9)
table.sort(summary.failures, function(a, b) return a.index < b.index end)
assert(summary.failures[1].error == "raised" and summary.failures[1].item == "raise" and summary.failures[3].error:find "9")
summary = patterns.batch(numbers(500), function() return false end)
assert(summary.failed == 500 and #summary.failures == 100)
-- fail_fast ends the rest.
local late = false
summary = patterns.batch(numbers(1000), function(item)
  if item == 3 then return { success = false, error = "third" } end
  sleep "1h"
  late = true
end, { fail_fast = true })
assert(summary.failed == 1 and summary.total < 20 and not late and summary.failures[1].error == "third")

-- An iterator may wait; it is asked by one at a time.
local asking = false
local slow = coroutine.wrap(function()
  for i = 1, 5 do
    assert(not asking)
    asking = true
    sleep(5)
    asking = false
    coroutine.yield(i)
  end
end)
assert(patterns.batch(slow, function() sleep(1) end).total == 5)

-- What the handler or the iterator raises comes out, and the rest is cancelled.
local ok, problem = pcall(patterns.batch, { 1, 2 }, function(item) if item == 2 then sleep "1h" end end, {
  on_result = function() error("handler", 0) end,
})
assert(not ok and problem == "handler")
ok, problem = pcall(patterns.batch, function() error("iterator", 0) end, print)
assert(not ok and problem == "iterator")
assert(patterns.batch({}, print).total == 0)

local function misuse(text, ...)
  ok, problem = pcall(patterns.batch, ...)
  assert(not ok and tostring(problem):find("batches.lua:", 1, true) and tostring(problem):find(text, 1, true), problem)
end
misuse("items", nil, print)
misuse("work", {}, nil)
misuse("did you mean 'max_concurrency'?", {}, print, { max_concurency = 3 })
misuse("size", {}, print, { size = 0 })
misuse("on_result", {}, print, { on_result = 5 })
misuse("id", {}, { command = "true", id = "x" })
misuse("function", {}, { prompt = "think" })
