-- Encoding: pretty printing, and errors that name the place.
local json = require "json"

local value = { b = { 1, { c = 2 } }, a = {}, d = json.array {}, e = "x" }
assert(json.encode(value, { pretty = true }) == [[
{
  "a": {},
  "b": [
    1,
    {
      "c": 2
    }
  ],
  "d": [],
  "e": "x"
}]])
assert(json.encode(value, { sort_keys = true }) == '{"a":{},"b":[1,{"c":2}],"d":[],"e":"x"}')
assert(json.encode({ 1, { 2 } }, { indent = "\t" }) == "[\n\t1,\n\t[\n\t\t2\n\t]\n]")
assert(json.encode({ 1 }, { indent = 4 }) == "[\n    1\n]")
assert(json.encode({}, { pretty = true }) == "{}")
local unsorted = json.decode(json.encode(value, { pretty = true, sort_keys = false }))
assert(json.encode(unsorted, { sort_keys = true }) == json.encode(value, { sort_keys = true }))

-- Metamethods.
local point = setmetatable({}, { __tojson = function() return { x = 1 } end })
assert(json.encode { point } == '[{"x":1}]')
local proxy = setmetatable({}, { __pairs = function() return next, { y = { 2 } }, nil end })
assert(json.encode(proxy) == '{"y":[2]}')
local plain = setmetatable({ 1, 2 }, { __index = function() return "never" end })
assert(json.encode(plain) == "[1,2]")

local function refuses(bad, sentence, options)
  local ok, problem = pcall(json.encode, bad, options)
  assert(not ok and problem == "json.encode: " .. sentence, problem)
end

refuses({ jobs = { {}, { run = print } } }, "value.jobs[2].run: a function has no JSON form")
refuses(nil, "value: a nil has no JSON form")
refuses(coroutine.create(print), "value: a thread has no JSON form")
refuses({ io.stdout }, "value[1]: a userdata has no JSON form")
refuses({ ["x y"] = { print } }, 'value["x y"][1]: a function has no JSON form')
refuses({ a = 0 / 0 }, "value.a: JSON has no NaN")
refuses({ math.huge }, "value[1]: JSON has no infinity")
refuses({ -math.huge }, "value[1]: JSON has no infinity")
refuses({ 1, nil, 3 }, "value: the table has a nil at [2]; use json.null")
refuses({ 1, 2, [5] = 3 }, "value: the table has the key 5 beside those of an array")
refuses({ 1, a = 2 }, 'value: the table has the key "a" beside those of an array')
refuses({ x = { [7] = 1 } }, "value.x: the table has the key 7, but an array starts at 1 and an object has string keys")
refuses({ a = 1, [true] = 2 }, "value: a key must be a string, got the boolean true")
refuses({ a = 1, [true] = 2 }, "value: a key must be a string, got the boolean true", { sort_keys = true })
refuses(json.array { x = 1 }, 'value: the table has the key "x" beside those of an array')
refuses(setmetatable({}, { __tojson = function() return { 1, { print } } end }),
  "value[2][1]: a function has no JSON form")

local cycle = { a = {} }
cycle.a.b = { cycle }
refuses(cycle, "value.a.b[1]: the table contains itself")
local mirror
mirror = setmetatable({}, { __pairs = function() return next, { me = mirror }, nil end })
refuses(mirror, "value.me: the table contains itself")
local endless
endless = setmetatable({}, { __tojson = function() return endless end })
refuses(endless, "value...: nested too deeply")

-- The same table twice is no cycle.
local shared = { 1 }
assert(json.encode { shared, shared } == "[[1],[1]]")

-- Depth.
local deep = {}
for _ = 1, 999 do deep = { deep } end
assert(json.encode(deep) == ("["):rep(999) .. "{}" .. ("]"):rep(999))
refuses({ deep }, "value" .. ("[1]"):rep(20) .. "...: nested too deeply")
refuses({ { {} } }, "value[1]: nested too deeply", { max_depth = 1 })

refuses({}, "unknown option 'prety'; did you mean 'pretty'?", { prety = true })
refuses({}, "option 'indent' must be spaces or tabs", { indent = "--" })
refuses({}, "option 'pretty' must be a boolean, got the number 1", { pretty = 1 })

-- What an error in __tojson or __pairs raises comes through as it is.
local object = {}
local ok, problem = pcall(json.encode, setmetatable({}, { __tojson = function() error(object) end }))
assert(not ok and problem == object)

assert(not pcall(json.array, 1))
assert(not pcall(json.array, setmetatable({}, {})))
