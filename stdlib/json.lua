--[[ json: JSON text to Lua values and back (RFC 8259, strict).

  local json = require "json"
  local value = json.decode('{"name":"build","tags":[],"parent":null}')
  print(value.name, #value.tags, value.parent == json.null)   --> build  0  true
  print(json.encode(value, { sort_keys = true }))             --> {"name":"build","parent":null,"tags":[]}

FUNCTIONS
  json.decode(text [, options])      the value; raises an error that says line and column if the text is not JSON
  json.try_decode(text [, options])  the value, or nil and that message
  json.encode(value [, options])     the text; raises an error that names the place (value.jobs[2].run) if it cannot
  json.array([t])                    marks the table t (default: a new one) as an array and returns it, so that it stays
                                     one when it is empty
  json.is_array(t)                   whether t would be encoded as an array
  json.null                          what null becomes. It is one value, compared with ==, and (as every value but nil
                                     and false) true in a condition.

OPTIONS
  decode: max_depth   how deep arrays and objects may nest (default 1000)
  encode: pretty      true: over many lines, two spaces a level, keys sorted (default false)
          indent      the indentation, a number of spaces or a string; implies pretty
          sort_keys   keys in byte order (default: whatever pretty is)
          max_depth   as above (default 1000)

WHAT BECOMES WHAT
  null      json.null and back. A nil inside an array is an error; a field that is nil is absent.
  arrays    a table marked with json.array. Every decoded array has the mark. Without the mark a table is an array if
            its keys are 1 to n (n > 0), an object if all its keys are strings (or it is empty), else an error.
  numbers   without fraction and exponent: an integer, if 64 bits hold it (exactly), else a float. Others: a float,
            written with as few digits as read back the same. 3.0 is written "3.0" and so stays a float, -0 is the float
            -0.0. A number too big for a float (1e999) is an error when read; infinity and NaN are errors when written.
  strings   bytes of UTF-8. The text to decode must be valid UTF-8 (a byte order mark before it is skipped); an escaped
            half of a surrogate pair becomes U+FFFD. When written, bytes that are not UTF-8 become U+FFFD.
  objects   tables with string keys; of a key that comes twice the last one counts.
  A table or userdata with the metamethod __tojson is encoded as what __tojson(value) returns; with __pairs, its pairs
  are used. Functions, threads and other userdata are an error, and so is a table that contains itself.
]]
local json = {}

local arguments = require "agentscript.arguments"

local byte, char, find, format, gsub, rep, sub =
  string.byte, string.char, string.find, string.format, string.gsub, string.rep, string.sub
local concat, sort = table.concat, table.sort
local utf8_char, utf8_len = utf8.char, utf8.len
local error, getmetatable, math_type, next, pairs, pcall, rawget, setmetatable, tonumber, tostring, type =
  error, getmetatable, math.type, next, pairs, pcall, rawget, setmetatable, tonumber, tostring, type

local DEFAULT_DEPTH, HUGE = 1000, math.huge
local DECODE_OPTIONS = { max_depth = "integer" }
local ENCODE_OPTIONS = { pretty = "boolean", indent = "integer string", sort_keys = "boolean", max_depth = "integer" }

local array_mark = { __name = "json.array" }

json.null = setmetatable({}, {
  __name = "json.null",
  __metatable = "json.null",
  __tostring = function() return "null" end,
  __newindex = function() error("json.null cannot have fields", 2) end,
})
local null = json.null

function json.array(t)
  if t == nil then t = {} end
  arguments.check("json.array", 1, "t", t, "table")
  local mt = getmetatable(t)
  if mt ~= nil and mt ~= array_mark then error("json.array: the table has another metatable", 2) end
  return setmetatable(t, array_mark)
end

-- Decoding -------------------------------------------------------------------------------------------------------
-- Each parser gets the text, the position of its value's first byte and the levels left; it returns the value and the
-- position after it. What is wrong is raised as a table {position, message}; `decode` makes the sentence of it.

local function fail(position, message) error({ position = position, message = message }, 0) end
local function describe(text, position)
  local b = byte(text, position)
  if not b then return "the end of the text" end
  if b < 32 or b == 127 then return format("the control character 0x%02X", b) end
  if b < 128 then return "'" .. char(b) .. "'" end
  return "'" .. sub(text, position, (utf8.offset(text, 2, position) or #text + 1) - 1) .. "'"
end

local parsers = {}

local UNESCAPED = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

--- The text of a \u escape whose backslash is at `position`, and the position after it.
local function unicode_escape(text, position)
  local _, last, digits = find(text, "^(%x%x%x%x)", position + 2)
  if not last then fail(position, "\\u without four hexadecimal digits") end
  local code = tonumber(digits, 16)
  if code >= 0xD800 and code <= 0xDBFF then
    local _, low_last, low_digits = find(text, "^\\u([dD][c-fC-F]%x%x)", last + 1)
    if low_last then
      return utf8_char(0x10000 + ((code - 0xD800) << 10) + (tonumber(low_digits, 16) - 0xDC00)), low_last + 1
    end
  end
  if code >= 0xD800 and code <= 0xDFFF then code = 0xFFFD end
  return utf8_char(code), last + 1
end

--- A string with escapes: `start` is its first byte, `position` that of the first backslash.
local function escaped_string(text, start, position)
  local pieces, n = {}, 0
  while true do
    local b = byte(text, position)
    if b == 0x22 then
      pieces[n + 1] = sub(text, start, position - 1)
      return concat(pieces), position + 1
    elseif b ~= 0x5C then
      fail(position, describe(text, position) .. " in a string; it must be escaped")
    end
    pieces[n + 1] = sub(text, start, position - 1)
    local letter = sub(text, position + 1, position + 1)
    if letter == "u" then
      pieces[n + 2], start = unicode_escape(text, position)
    else
      pieces[n + 2] = UNESCAPED[letter]
      if not pieces[n + 2] then fail(position, "unknown escape \\" .. letter) end
      start = position + 2
    end
    n = n + 2
    position = find(text, '["\\\0-\31]', start) or fail(#text + 1, "a string without its closing quote")
  end
end

-- The next backslash and the next control character of the text, at or after the string last looked at: most strings
-- are then found by one search for the closing quote.
local next_backslash, next_control

local function parse_string(text, position)
  local start = position + 1
  local stop = find(text, '"', start, true)
  if not stop then fail(position, "a string without its closing quote") end
  if next_backslash < start then next_backslash = find(text, "\\", start, true) or HUGE end
  if next_control < start then next_control = find(text, "[\0-\31]", start) or HUGE end
  if stop < next_backslash and stop < next_control then return sub(text, start, stop - 1), stop + 1 end
  return escaped_string(text, start, next_backslash < next_control and next_backslash or next_control)
end

local function parse_number(text, position)
  local _, last = find(text, "^-?%d+", position)
  if not last then fail(position, "a minus sign without digits") end
  local first = byte(text, position)
  local digit = first == 0x2D and position + 1 or position
  if byte(text, digit) == 0x30 and digit ~= last then fail(position, "a number with a leading zero") end
  local b = byte(text, last + 1)
  if b == 0x2E then
    _, last = find(text, "^%d+", last + 2)
    if not last then fail(position, "a number without digits after its point") end
    b = byte(text, last + 1)
  end
  if b == 0x65 or b == 0x45 then
    _, last = find(text, "^[+-]?%d+", last + 2)
    if not last then fail(position, "a number without digits in its exponent") end
  end
  local value = tonumber(sub(text, position, last))
  if value == HUGE or value == -HUGE then fail(position, "a number out of range") end
  if value == 0 and first == 0x2D then value = -0.0 end
  return value, last + 1
end

local function parse_value(text, position, levels)
  local parser = parsers[byte(text, position)]
  if not parser then fail(position, "a value expected, got " .. describe(text, position)) end
  return parser(text, position, levels)
end

--- The position of the next byte that is no white space, and that byte.
local function skip(text, position)
  position = find(text, "[^ \t\n\r]", position) or #text + 1
  return position, byte(text, position)
end

local function parse_array(text, position, levels)
  if levels <= 0 then fail(position, "nested too deeply") end
  local result, n, b = setmetatable({}, array_mark), 0, nil
  position, b = skip(text, position + 1)
  if b == 0x5D then return result, position + 1 end
  while true do
    n = n + 1
    result[n], position = parse_value(text, position, levels - 1)
    b = byte(text, position)
    if b ~= 0x2C and b ~= 0x5D then position, b = skip(text, position) end
    if b == 0x5D then return result, position + 1 end
    if b ~= 0x2C then fail(position, "',' or ']' expected, got " .. describe(text, position)) end
    position, b = skip(text, position + 1)
    if b == 0x5D then fail(position, "a value expected after ',', got ']'") end
  end
end

local function parse_object(text, position, levels)
  if levels <= 0 then fail(position, "nested too deeply") end
  local result, key, b = {}, nil, nil
  position, b = skip(text, position + 1)
  if b == 0x7D then return result, position + 1 end
  while true do
    if b ~= 0x22 then fail(position, "a key in double quotes expected, got " .. describe(text, position)) end
    key, position = parse_string(text, position)
    b = byte(text, position)
    if b ~= 0x3A then
      position, b = skip(text, position)
      if b ~= 0x3A then fail(position, "':' expected, got " .. describe(text, position)) end
    end
    position = position + 1
    if not parsers[byte(text, position)] then position = skip(text, position) end
    result[key], position = parse_value(text, position, levels - 1)
    b = byte(text, position)
    if b ~= 0x2C and b ~= 0x7D then position, b = skip(text, position) end
    if b == 0x7D then return result, position + 1 end
    if b ~= 0x2C then fail(position, "',' or '}' expected, got " .. describe(text, position)) end
    position, b = skip(text, position + 1)
  end
end

local function literal(word, value)
  local length = #word
  return function(text, position)
    if sub(text, position, position + length - 1) ~= word then
      fail(position, "a value expected, got " .. describe(text, position))
    end
    return value, position + length
  end
end

parsers[0x22] = parse_string
parsers[0x5B] = parse_array
parsers[0x7B] = parse_object
parsers[0x2D] = parse_number
for digit = 0x30, 0x39 do parsers[digit] = parse_number end
parsers[0x74] = literal("true", true)
parsers[0x66] = literal("false", false)
parsers[0x6E] = literal("null", null)

local function decode_text(text, levels)
  local length, bad = utf8_len(text)
  next_backslash, next_control = 0, 0
  if not length then fail(bad, format("the byte 0x%02X is not valid UTF-8", byte(text, bad))) end
  local position = skip(text, find(text, "^\xEF\xBB\xBF") and 4 or 1)
  local value
  value, position = parse_value(text, position, levels)
  position = skip(text, position)
  if position <= #text then fail(position, describe(text, position) .. " after the value") end
  return value
end

--- The sentence for what is wrong, with line and column (in characters, as editors count).
local function located(text, problem)
  local line, start = 1, 1
  while true do
    local newline = find(text, "\n", start, true)
    if not newline or newline >= problem.position then break end
    line, start = line + 1, newline + 1
  end
  local column = (utf8_len(text, start, problem.position - 1, true) or problem.position - start) + 1
  return format("JSON line %d, column %d: %s", line, column, problem.message)
end

local function run_decoder(name, text, options)
  if type(text) ~= "string" then arguments.check(name, 1, "text", text, "string", 3) end
  local levels = options and arguments.options(name, options, DECODE_OPTIONS, 3).max_depth or DEFAULT_DEPTH
  local ok, value = pcall(decode_text, text, levels)
  if ok then return true, value end
  if type(value) ~= "table" or not value.position then error(value, 0) end
  return false, located(text, value)
end

function json.decode(text, options)
  local ok, value = run_decoder("json.decode", text, options)
  if not ok then error(value, 2) end
  return value
end

function json.try_decode(text, options)
  local ok, value = run_decoder("json.try_decode", text, options)
  if ok then return value end
  return nil, value
end

-- Encoding -------------------------------------------------------------------------------------------------------
-- `state` holds the pieces of text so far, the tables being encoded (`inside`), and the keys that lead to where we are.

local ESCAPES = {}
for code = 0, 31 do ESCAPES[char(code)] = format("\\u%04x", code) end
for letter, text in next, UNESCAPED do ESCAPES[text] = "\\" .. letter end

--- The string with each byte that is no part of valid UTF-8 replaced by U+FFFD.
local function repaired(s)
  local pieces, n, start = {}, 0, 1
  while true do
    local length, bad = utf8_len(s, start)
    if length then break end
    pieces[n + 1], pieces[n + 2] = sub(s, start, bad - 1), "\u{FFFD}"
    n, start = n + 2, bad + 1
  end
  pieces[n + 1] = sub(s, start)
  return concat(pieces)
end

local function quoted(s)
  if find(s, '["\\\0-\31\128-\255]') then
    if not utf8_len(s) then s = repaired(s) end
    s = gsub(s, '["\\\0-\31]', ESCAPES)
  end
  return '"' .. s .. '"'
end

local function place(state)
  local pieces = { "value" }
  for depth = 1, math.min(state.depth, 20) do
    local k = state.keys[depth]
    if math_type(k) == "integer" then
      pieces[#pieces + 1] = "[" .. k .. "]"
    elseif k ~= nil then
      pieces[#pieces + 1] = find(k, "^[%a_][%w_]*$") and "." .. k or format("[%q]", k)
    end
  end
  if state.depth > 20 then pieces[#pieces + 1] = "..." end
  return concat(pieces)
end

local function refuse(state, message) error({ place = place(state), message = message }, 0) end

local function float_text(state, value)
  if value ~= value or value == HUGE or value == -HUGE then refuse(state, value ~= value and "JSON has no NaN" or "JSON has no infinity") end
  local text
  for digits = 14, 17 do
    text = format("%." .. digits .. "g", value)
    if tonumber(text) == value then break end
  end
  text = gsub(text, ",", ".")  -- the decimal point of a locale
  return find(text, "[.e]") and text or text .. ".0"
end

--- Whether t is to be an array, and what is wrong with it as one.
local function shape(t, mark)
  local n, count = #t, 0
  if n == 0 and not mark then
    local key = next(t)
    if type(key) ~= "number" then return false end
    return true, format("the key %s, but an array starts at 1 and an object has string keys", key)
  end
  for key in next, t do
    if math_type(key) ~= "integer" or key < 1 or key > n then
      return true, format("the key %s beside those of an array", type(key) == "string" and format("%q", key) or key)
    end
    count = count + 1
  end
  for i = 1, count < n and n or 0 do
    if rawget(t, i) == nil then return true, format("a nil at [%d]; use json.null", i) end
  end
  return true
end

local encode_value

local function encode_array(state, t, enter, newline, close)
  local pieces, keys, depth = state.pieces, state.keys, state.depth
  local separator = "[" .. newline
  for i = 1, #t do
    pieces[#pieces + 1] = separator
    separator = enter
    keys[depth] = i
    encode_value(state, rawget(t, i))
  end
  pieces[#pieces + 1] = separator == enter and close .. "]" or "[]"
end

local function check_key(state, key)
  if type(key) == "string" then return end
  state.keys[state.depth] = nil
  refuse(state, format("a key must be a string, got the %s %s", type(key), tostring(key)))
end

local function sorted_pairs(state, t)
  local keys, n, i = {}, 0, 0
  for key in next, t do
    check_key(state, key)
    n = n + 1
    keys[n] = key
  end
  sort(keys)
  return function()
    i = i + 1
    return keys[i], t[keys[i]]
  end
end

local function encode_object(state, t, enter, newline, close)
  local pieces, keys, depth, known, colon = state.pieces, state.keys, state.depth, state.known, state.colon
  local separator = "{" .. newline
  local step = state.sort_keys and sorted_pairs(state, t) or next
  for key, value in step, t do
    local text = known[key]
    if not text then
      check_key(state, key)
      text = quoted(key) .. colon
      known[key] = text
    end
    local n = #pieces
    pieces[n + 1], pieces[n + 2] = separator, text
    separator = enter
    keys[depth] = key
    encode_value(state, value)
  end
  pieces[#pieces + 1] = separator == enter and close .. "}" or "{}"
end

local function encode_table(state, t, mt)
  local inside, depth = state.inside, state.depth + 1
  if inside[t] then refuse(state, "the table contains itself") end
  if depth > state.max_depth then refuse(state, "nested too deeply") end
  local list, wrong = shape(t, mt == array_mark)
  if wrong then refuse(state, "the table has " .. wrong) end
  inside[t], state.depth = true, depth
  local enter, newline, close = ",", "", ""
  if state.indent then
    newline = "\n" .. rep(state.indent, depth)
    enter, close = "," .. newline, "\n" .. rep(state.indent, depth - 1)
  end
  if list then encode_array(state, t, enter, newline, close) else encode_object(state, t, enter, newline, close) end
  inside[t], state.depth, state.keys[depth] = nil, depth - 1, nil
end

--- What stands for a table or userdata that has metamethods.
local function substitute(state, value, mt)
  if mt.__tojson then
    local depth = state.depth + 1
    if depth > state.max_depth then refuse(state, "nested too deeply") end
    state.depth, state.keys[depth] = depth, nil
    encode_value(state, mt.__tojson(value))
    state.depth = depth - 1
  else
    local copy = {}
    for k, v in pairs(value) do copy[k] = v end
    if state.inside[value] then refuse(state, "the table contains itself") end
    state.inside[value] = true
    encode_table(state, copy, nil)
    state.inside[value] = nil
  end
end

function encode_value(state, value)
  local kind = type(value)
  local pieces = state.pieces
  if kind == "string" then
    pieces[#pieces + 1] = quoted(value)
  elseif kind == "number" then
    pieces[#pieces + 1] = math_type(value) == "integer" and value or float_text(state, value)
  elseif kind == "boolean" then
    pieces[#pieces + 1] = value and "true" or "false"
  elseif value == null then
    pieces[#pieces + 1] = "null"
  elseif kind == "table" or kind == "userdata" then
    local mt = getmetatable(value)
    if type(mt) == "table" and (mt.__tojson or mt.__pairs) then
      substitute(state, value, mt)
    elseif kind == "table" then
      encode_table(state, value, mt)
    else
      refuse(state, "a userdata has no JSON form")
    end
  else
    refuse(state, format("a %s has no JSON form", kind))
  end
end

local function indentation(options)
  local indent = options.indent
  if indent == nil then return options.pretty and "  " or nil end
  if type(indent) == "number" then return rep(" ", indent) end
  if find(indent, "[^ \t]") then error("json.encode: option 'indent' must be spaces or tabs", 3) end
  return indent
end

function json.encode(value, options)
  local indent, sort_keys, max_depth
  if options ~= nil then
    options = arguments.options("json.encode", options, ENCODE_OPTIONS)
    indent, sort_keys, max_depth = indentation(options), options.sort_keys, options.max_depth
    if sort_keys == nil then sort_keys = indent ~= nil end
  end
  local state = {
    pieces = {}, inside = {}, keys = {}, known = {}, depth = 0,
    indent = indent, colon = indent and ": " or ":", sort_keys = sort_keys, max_depth = max_depth or DEFAULT_DEPTH,
  }
  local ok, problem = pcall(encode_value, state, value)
  if ok then return concat(state.pieces) end
  if type(problem) ~= "table" or not problem.place then error(problem, 0) end
  error(format("json.encode: %s: %s", problem.place, problem.message), 2)
end

function json.is_array(t)
  if type(t) ~= "table" then return false end
  local list, wrong = shape(t, getmetatable(t) == array_mark)
  return list and not wrong
end

return json
