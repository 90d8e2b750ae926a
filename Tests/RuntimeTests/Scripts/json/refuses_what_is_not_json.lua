-- What is not JSON is refused, with line and column; what is, is read.
local json = require "json"

local accepted = {
  "0", "-0", "-1", "12345", "0.5", "-0.5e-10", "1E5", "1e+05", "0e1", "1e-999", '""', '"\\u0000"', '"\\\\\\"\\/"', '" "', "[]",
  "[ ]", "{}", '{"":0}', '{"a":[],"a":[]}', "[[[[[]]]]]", "true", "false", "null", "[-1.5E+3]", '"\u{2028}"', '"\u{10FFFF}"',
  '"\127"', '["\\uD834\\uDd1e"]', '"\\uFFFF"', "[1]\n", "\t[1]", ("["):rep(500) .. ("]"):rep(500), '{"a":{"b":{"c":[{}]}}}',
  '"\\u0061\\u30af\\u30EA\\u30b9"', "0e99999", "[123e-10000000]",
}
for _, text in ipairs(accepted) do
  local value, problem = json.try_decode(text)
  assert(value ~= nil, ("%q was refused: %s"):format(text:sub(1, 60), problem))
  assert(json.encode(json.decode(json.encode(value)), { sort_keys = true }) == json.encode(value, { sort_keys = true }))
end

local refused = {
  "", " ", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[,]", "[1 2]", "[1]x", "[1]]", "1 2", "{} {}", ",", ":",
  '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{,"a":1}', '{"a":1,,"b":2}', '{"a" 1}', '{"a":}', "{a:1}", "{1:1}",
  "{null:1}", "{'a':1}", '{"a"::1}', '{"a":1 "b":2}', '{"a","b"}', '["a":1]', "[\f1]", "\v1", "\u{A0}1", "[1]\0", "\0", "[\0]",
  "01", "-01", "+1", "-", "--1", ".5", "5.", "-.5", "1.e5", "1e", "1e+", "1.5e", "0x10", "0b1", "1_000", "1,5", "NaN", "nan",
  "Infinity", "-Infinity", "inf", "1e999", "-1e999", "[0.4e00669999999999999999999]", ("9"):rep(400), "1a", "1.2.3", "1e2e3", "1e1.5", "１", "- 1",
  "tru", "True", "TRUE", "truex", "nul", "NULL", "fals", "nulll", "undefined", "abc", "é",
  '"', '"a', '"\\', '"\\"', '"\\x"', "\"\\'\"", '"\\u"', '"\\u00"', '"\\u00g0"', '"\\U0041"', '"\\u 041"', '"\\0"', '"\\a"',
  '"a\nb"', '"a\tb"', '"a\0b"', '"\31"', "'a'", '"a"b', '"\\ud83d\\u', '"a" "b"', '"\xFF"', '"\xC0\xAF"', '"\xE2\x82"',
  '"\xED\xA0\x80"', '"\xF4\x90\x80\x80"', "[\xFF]", "\xEF\xBB\xBF", "\xEF\xBB{}", "\xEF\xBB\xBF\xEF\xBB\xBF1", "\xFE\xFF\0[\0]",
  "[1]//", "/* a */ 1", "[1] # c", "<a>", "*", "[*]", '{"a":1}}', '{"a":1]', '["a"}', "[}", "{]", '{[1]:2}', '{"a":b}', "[a]",
  ("["):rep(100000), ('[{"a":'):rep(50000), '{"a":"b",', "[1,\n1\n,1", "[\"a\",\n4\n,1,", "[\"\":1]", "[1,2,3", "[\"\\\u{1F300}\"]",
}
for _, text in ipairs(refused) do
  local value, problem = json.try_decode(text)
  assert(value == nil, ("%q was read"):format(text:sub(1, 60)))
  assert(problem:find("^JSON line %d+, column %d+: "), problem)
end

-- The place is told: lines and columns count from 1, columns in characters.
local function message(text, options) return select(2, json.try_decode(text, options)) end
assert(message '[1,\n  {"a":tru}]' == "JSON line 2, column 8: a value expected, got 't'")
assert(message "" == "JSON line 1, column 1: a value expected, got the end of the text")
assert(message "[1,]" == "JSON line 1, column 4: a value expected after ',', got ']'")
assert(message '["éé", x]' == "JSON line 1, column 8: a value expected, got 'x'")
assert(message '{"a" 1}' == "JSON line 1, column 6: ':' expected, got '1'")
assert(message '{"a":1 "b"}' == "JSON line 1, column 8: ',' or '}' expected, got '\"'")
assert(message "[01]" == "JSON line 1, column 2: a number with a leading zero")
assert(message '"a\tb"' == "JSON line 1, column 3: the control character 0x09 in a string; it must be escaped")
assert(message '"a\\qb"' == "JSON line 1, column 3: unknown escape \\q")
assert(message '{\n"a":\n\xFF}' == "JSON line 3, column 1: the byte 0xFF is not valid UTF-8")
assert(message "[1e999]" == "JSON line 1, column 2: a number out of range")
assert(message '["a' == "JSON line 1, column 2: a string without its closing quote")
assert(message '["a\\"' == "JSON line 1, column 6: a string without its closing quote")
assert(message "1 2" == "JSON line 1, column 3: '2' after the value")

-- Depth is limited, by default to 1,000.
assert(json.decode(("["):rep(1000) .. ("]"):rep(1000)))
assert(message(("["):rep(1001) .. ("]"):rep(1001)) == "JSON line 1, column 1001: nested too deeply")
assert(json.decode("[[]]", { max_depth = 2 }))
assert(message("[[[]]]", { max_depth = 2 }) == "JSON line 1, column 3: nested too deeply")
assert(message('{"a":{}}', { max_depth = 1 }) == "JSON line 1, column 6: nested too deeply")

-- decode raises the same sentence, at the caller; what is misused says how.
local function raised(f, ...)
  local ok, problem = pcall(f, ...)
  assert(not ok)
  return problem
end
local function at_line(line, f) assert(raised(f):find(":" .. line .. ": ", 1, true), raised(f)) end
local here = debug.getinfo(1, "l").currentline
at_line(here + 1, function() local _ = json.decode "[1" end)
at_line(here + 2, function() local _ = json.decode(5) end)
at_line(here + 3, function() local _ = json.try_decode(nil) end)
at_line(here + 4, function() local _ = json.decode("1", { max_deph = 3 }) end)
assert(raised(json.decode, 5) == "json.decode: argument 1 (text) must be a string, got the number 5")
assert(raised(json.decode, "1", { max_deph = 3 }) == "json.decode: unknown option 'max_deph'; did you mean 'max_depth'?")
assert(raised(json.decode, "1", 7) == "json.decode: options must be a table, got the number 7")
assert(raised(json.decode, "1", { max_depth = "x" }) == "json.decode: option 'max_depth' must be a whole number, got a string")
