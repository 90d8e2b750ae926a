-- Values survive a round trip: numbers exactly, arrays as arrays, null as null.
local json = require "json"

local function same(value, text)
  assert(json.encode(value) == text, json.encode(value) .. " is not " .. text)
  local back = json.decode(text)
  assert(math.type(back) == math.type(value), text .. " came back as another kind of number")
  assert(back == value, text .. " came back as " .. tostring(back))
end

for _, n in ipairs { 0, 1, -1, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1, math.maxinteger, math.mininteger } do
  same(n, ("%d"):format(n))
end

same(2.0 ^ 53, "9007199254740992.0")
same(3.0, "3.0")
same(0.1, "0.1")
same(-0.5, "-0.5")
same(1e300, "1e+300")
same(5e-324, "4.9406564584125e-324")
same(1.7976931348623157e308, "1.7976931348623157e+308")
same(1 / 3, "0.3333333333333333")
same(true, "true")
same(false, "false")
same(json.null, "null")
same("", '""')

-- Every float comes back bit for bit.
math.randomseed(42)
for _ = 1, 20000 do
  local float = string.unpack("d", string.pack("i8", math.random(0)))
  if float == float and float ~= math.huge and float ~= -math.huge then
    local back = json.decode(json.encode(float))
    assert(math.type(back) == "float" and string.pack("d", back) == string.pack("d", float))
  end
end

-- The sign of zero.
assert(json.encode(-0.0) == "-0.0" and 1 / json.decode("-0.0") < 0 and 1 / json.decode("-0") < 0)
assert(math.type(json.decode("0")) == "integer")

-- Integers beyond 64 bits become floats, and say so by their type.
assert(json.decode("9223372036854775808") == 2.0 ^ 63 and math.type(json.decode("9223372036854775808")) == "float")
assert(json.decode("-9223372036854775808") == math.mininteger)

-- Arrays and objects.
for _, text in ipairs {
  "[]", "{}", "[[]]", "[{}]", '{"a":[]}', '{"a":{}}', "[null]", "[null,null]", '{"a":null}', "[1,2,3]",
  '[[1,[2,[3,[]]]],{"x":[{"y":[]}]}]', '{"1":"a","2":"b"}', '["",[],{},null,true,false,0]',
} do
  assert(json.encode(json.decode(text), { sort_keys = true }) == text, text)
end

-- An array stays one when it loses its last element.
local list = json.decode "[1]"
list[1] = nil
assert(json.encode(list) == "[]")
assert(json.encode(json.array()) == "[]" and json.encode {} == "{}")
assert(json.encode { empty = json.array {} } == '{"empty":[]}')
assert(json.is_array(json.array()) and json.is_array { 1 } and not json.is_array {} and not json.is_array { a = 1 })
assert(not json.is_array "text" and not json.is_array(json.null) and not json.is_array { 1, a = 2 })

-- null is a value of its own.
local object = json.decode '{"a":null}'
assert(object.a == json.null and object.a ~= nil and tostring(json.null) == "null")
assert(not pcall(function() json.null.x = 1 end))

-- Strings: escapes, all of Unicode, bytes.
same('a"b\\c/d', [["a\"b\\c/d"]])
same("\b\f\n\r\t\0\31\127", [["\b\f\n\r\t\u0000\u001f]] .. '\127"')
same("é€😀\u{10FFFF}", '"é€😀\u{10FFFF}"')
assert(json.decode [["\u00e9\u20AC\ud83d\uDE00\/"]] == "é€😀/")
for code = 0, 0x10FFFF, 257 do
  if code < 0xD800 or code > 0xDFFF then same(utf8.char(code) .. "x", json.encode(utf8.char(code) .. "x")) end
end
local long = ("x"):rep(100000) .. "\n" .. ("é"):rep(1000)
assert(json.decode(json.encode(long)) == long)

-- Half a surrogate pair, and bytes that are not UTF-8, become U+FFFD.
assert(json.decode [["\ud83d"]] == "\u{FFFD}" and json.decode [["\ude00\ud83dx"]] == "\u{FFFD}\u{FFFD}x")
assert(json.decode [["\ud83d\ud83d\ude00"]] == "\u{FFFD}😀")
assert(json.encode "a\xFFb\xC3" == '"a\u{FFFD}b\u{FFFD}"')
assert(json.encode { ["\xFF"] = 1 } == '{"\u{FFFD}":1}')
assert(json.encode "\xED\xA0\x80" == '"\u{FFFD}\u{FFFD}\u{FFFD}"')

-- The last of two equal keys counts; a byte order mark is skipped.
assert(json.decode('{"a":1,"a":2}').a == 2)
assert(json.decode "\xEF\xBB\xBF[1]"[1] == 1)

-- White space.
assert(#json.decode " \t\r\n[ 1 ,\n2\t,\r3 ] \n" == 3)
assert(json.decode(' { "a" : 1 , "b" : [ ] } ').a == 1)
