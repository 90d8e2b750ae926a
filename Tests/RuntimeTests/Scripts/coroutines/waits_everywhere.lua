-- Waiting works wherever Lua code may stand.
local function quick(text) return task { command = { "printf", "%s", text } }.output end

-- pcall, xpcall, nested.
local ok, value = pcall(function() return quick "p" end)
assert(ok and value == "p")
ok, value = xpcall(function() sleep(1); error "e" end, function(m) return "handled " .. m end)
assert(not ok and value:find "handled .*e$")
assert(select(2, pcall(pcall, pcall, quick, "x")) == true)

-- A generator that waits, and one that is told what to do.
local generator = coroutine.wrap(function()
  for i = 1, 3 do
    local text = quick(i)
    coroutine.yield(text)
  end
end)
local seen = {}
for text in generator do seen[#seen + 1] = text end
assert(table.concat(seen, " ") == "1 2 3")

local co = coroutine.create(function(a)
  sleep(1)
  local b = coroutine.yield(a + 1)
  local c = select(2, pcall(function() sleep(1); return coroutine.yield(b + 1) end))
  return c, coroutine.isyieldable(), coroutine.running() == co
end)
assert(select(2, coroutine.resume(co, 1)) == 2)
assert(coroutine.status(co) == "suspended")
assert(select(2, coroutine.resume(co, 5)) == 6)
local _, last, yieldable = coroutine.resume(co, "end")
assert(last == "end" and yieldable == true and coroutine.status(co) == "dead")
assert(select(2, coroutine.running()) == true, "the script poses as the main coroutine")
assert(not pcall(coroutine.yield), "outside a coroutine of its own a script cannot yield")

-- Generators in generators, both waiting.
local function numbers(n)
  return coroutine.wrap(function() for i = 1, n do sleep(1); coroutine.yield(i) end end)
end
local sums = {}
for sum in coroutine.wrap(function()
  for i in numbers(3) do
    local total = 0
    for j in numbers(i) do total = total + j end
    sleep(1)
    coroutine.yield(total)
  end
end) do sums[#sums + 1] = sum end
assert(table.concat(sums, " ") == "1 3 6")

-- Metamethods and iterators.
local mt = {
  __index = function(_, k) return quick(k) end,
  __newindex = function(t, k, v) rawset(t, k, quick(v)) end,
  __add = function() return quick "sum" end,
  __concat = function() return quick "joined" end,
  __eq = function() sleep(1); return true end,
  __lt = function() sleep(1); return true end,
  __le = function() sleep(1); return false end,
  __len = function() sleep(1); return 42 end,
  __call = function(_, x) return quick("called " .. x) end,
  __unm = function() return quick "minus" end,
  __close = function(t) rawset(t, "closed", quick "closed") end,
  __pairs = function(t)
    return function(_, k) sleep(1); if not k then return 1, quick "pair" end end, t, nil
  end,
}
local a, b = setmetatable({}, mt), setmetatable({}, mt)
assert(a.field == "field" and a + b == "sum" and a .. b == "joined" and a == b and a < b and not (a <= b))
assert(#a == 42 and a "x" == "called x" and -a == "minus")
a.new = "stored"
assert(rawget(a, "new") == "stored")
for k, v in pairs(b) do assert(k == 1 and v == "pair") end

-- Closing variables.
do
  local closing <close> = b
end
assert(rawget(b, "closed") == "closed")
local order = {}
local ok2, err = pcall(function()
  local first <close> = setmetatable({}, { __close = function() sleep(5); order[#order + 1] = "first" end })
  local second <close> = setmetatable({}, { __close = function(_, e) sleep(1); order[#order + 1] = "second:" .. tostring(e) end })
  error("inside", 0)
end)
assert(not ok2 and err == "inside" and table.concat(order, " ") == "second:inside first")

-- for loops with a closing value.
local closed
local function iterate()
  return function(_, i) sleep(1); if i < 3 then return i + 1 end end, nil, 0,
    setmetatable({}, { __close = function() sleep(1); closed = true end })
end
for i in iterate() do if i == 2 then break end end
assert(closed)

-- coroutine.close runs closing variables of a suspended one.
local shut = false
co = coroutine.create(function()
  local c <close> = setmetatable({}, { __close = function() shut = true end })
  coroutine.yield()
end)
coroutine.resume(co)
assert(coroutine.close(co) and shut)

-- require of a module that waits while it loads.
package.preload["waits.while.loading"] = function() sleep(1); return { loaded = quick "loaded" } end
assert(require "waits.while.loading".loaded == "loaded")

-- load, dofile-like chunks, string functions with results of waits.
assert(load "return task { command = 'printf chunk' }.output" () == "chunk")

-- Where C stands between, the error says so in plain words.
local _, sentence = pcall(table.sort, { 3, 1, 2 }, function(x, y) sleep(1); return x < y end)
assert(tostring(sentence):find "sleep" and tostring(sentence):find "table.sort", sentence)
_, sentence = pcall(string.gsub, "abc", "%w", function(c) return task { command = "echo " .. c }.output end)
assert(tostring(sentence):find "task" and tostring(sentence):find "gsub", sentence)
-- Nothing has happened then.
local before = #jobs()
pcall(string.gsub, "abc", "%w", function(c) return task { command = "echo " .. c }.output end)
assert(#jobs() == before)

-- A script may take our names for itself.
task_group, parallel, sleep, wait = nil, nil, nil, nil
local agentscript = require "agentscript"
assert(agentscript.parallel { function() agentscript.sleep(1); return 1 end }[1] == 1)
assert(require "shell".ok "true" and require "patterns".run_background_task("x", "true").success)
