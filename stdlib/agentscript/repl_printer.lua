-- agentscript.repl_printer: shows values to a person
--
--   printer.format(columns, ...)  the values as text: one line where they fit into `columns`, else indented
--   printer.harmless(text)        text of many lines without anything that a terminal could act on
--
-- Tables show their list part first, then the other keys in order; at most 4 levels deep, 100 entries each and 300
-- lines in all, and a table inside itself as <cycle>. Strings are quoted. A value with a __tostring is shown as that
-- says. No metamethod but __tostring is called, and nothing is changed.

local rawget, type, tostring, pcall, next, select = rawget, type, tostring, pcall, next, select
local getmetatable, getinfo = debug.getmetatable, debug.getinfo
local math_type, huge = math.type, math.huge
local concat, sort = table.concat, table.sort
local format, byte, sub, find, gsub = string.format, string.byte, string.sub, string.find, string.gsub
local codes, len, char = utf8.codes, utf8.len, utf8.char
local status = coroutine.status

local printer = {}

local MAX_DEPTH, MAX_ENTRIES, MAX_LINES, MAX_STRING = 4, 100, 300, 4000

local NAMED = { [7] = "\\a", [8] = "\\b", [9] = "\\t", [10] = "\\n", [11] = "\\v", [12] = "\\f", [13] = "\\r" }

-- True for a scalar that a terminal could act on, or that is there without being seen.
local function is_dangerous(c)
  return c < 0x20 or c >= 0x7F and c < 0xA0 or c == 0xAD or c == 0x34F or c == 0x61C or c == 0x180E or c == 0x200B
    or c == 0x200E or c == 0x200F or c >= 0x2028 and c <= 0x202E or c >= 0x2060 and c <= 0x206F or c == 0x3164
    or c == 0xFEFF or c == 0xFFA0 or c >= 0xFFF0 and c <= 0xFFFB or c >= 0x1BCA0 and c <= 0x1BCA3
    or c >= 0x1D173 and c <= 0x1D17A or c >= 0xE0000
end

-- Replaces what is dangerous or no UTF-8, character by character.
local function escape(text, replace)
  if not find(text, "[^\x20-\x7E]") then return text end
  local parts, position, size = {}, 1, #text
  while position <= size do
    local bad = select(2, len(text, position))
    local stop = bad and bad - 1 or size
    if stop >= position then
      for at, c in codes(sub(text, position, stop)) do
        parts[#parts + 1] = is_dangerous(c) and replace(c) or char(c)
      end
    end
    if bad then parts[#parts + 1] = format("\\x%02x", byte(text, bad)) end
    position = stop + (bad and 2 or 1)
  end
  return concat(parts)
end

local function escaped(c)
  return NAMED[c] or c < 0x100 and format("\\x%02x", c) or format("\\u{%x}", c)
end

--- Text of many lines, as it may be written to a terminal.
function printer.harmless(text)
  return escape(text, function(c) return (c == 10 or c == 9) and char(c) or escaped(c) end)
end

local function quoted(text)
  local left = #text - MAX_STRING
  if left > 0 then text = sub(text, 1, MAX_STRING) end
  local shown = '"' .. escape(gsub(text, '[\\"]', "\\%0"), escaped) .. '"'
  return left > 0 and shown .. format(" … %d more bytes", left) or shown
end

local function number(value)
  if value ~= value then return "nan" end
  if value == huge then return "inf" end
  if value == -huge then return "-inf" end
  return tostring(value)
end

local function function_name(value)
  local info = getinfo(value, "S")
  if info.what == "C" then return "<" .. tostring(value) .. ">" end
  return format("<function %s:%d>", escape(info.short_src, escaped), info.linedefined)
end

-- A value that takes no lines of its own; nil for a table to be opened.
local function scalar(value)
  local kind = type(value)
  if kind == "string" then return quoted(value) end
  if kind == "number" then return number(value) end
  local metatable = getmetatable(value)
  if type(metatable) == "table" and rawget(metatable, "__tostring") ~= nil then
    local ok, text = pcall(tostring, value)
    return ok and escape(text, escaped) or "<" .. kind .. " whose __tostring fails>"
  end
  if kind == "table" then return nil end
  if kind == "function" then return function_name(value) end
  if kind == "thread" then return format("<thread: %s>", status(value)) end
  if kind == "userdata" then return "<" .. escape(tostring(value), escaped) .. ">" end
  return tostring(value)
end

local RESERVED = "and break do else elseif end false for function goto if in local nil not or repeat return then true "
  .. "until while"
local KEYWORDS = {}
for word in RESERVED:gmatch("%a+") do KEYWORDS[word] = true end

local function key_text(key)
  if type(key) == "string" and find(key, "^[%a_][%w_]*$") and not KEYWORDS[key] then return key end
  return "[" .. (scalar(key) or "<" .. tostring(key) .. ">") .. "]"
end

local RANK = { number = 1, string = 2, boolean = 3 }

local function comes_before(a, b)
  local rank_a, rank_b = RANK[type(a)] or 4, RANK[type(b)] or 4
  if rank_a ~= rank_b then return rank_a < rank_b end
  if rank_a <= 2 then return a < b end
  return tostring(a) < tostring(b)
end

-- The keys that are not part of the list, in order.
local function other_keys(value, count)
  local keys = {}
  for key in next, value do
    if not (math_type(key) == "integer" and key >= 1 and key <= count) then keys[#keys + 1] = key end
  end
  sort(keys, comes_before)
  return keys
end

local open

local function render(value, state, depth, indent, room)
  local text = scalar(value)
  if text then return text end
  if state.path[value] then return "<cycle>" end
  if next(value) == nil then return "{}" end
  if depth > MAX_DEPTH then return "{…}" end
  return open(value, state, depth, indent, room)
end

local function width(text)
  return len(text) or #text
end

-- The entries as texts: first those of the list part, then the others. Also how many belong to the list part.
local function entries(value, state, depth, indent, room)
  local list, count, left = {}, 0, MAX_ENTRIES
  while rawget(value, count + 1) ~= nil do
    count = count + 1
    if left > 0 then
      list[count] = render(rawget(value, count), state, depth + 1, indent, room)
      left = left - 1
    end
  end
  local listed = #list
  local keys = other_keys(value, count)
  for i = 1, #keys do
    if left == 0 then break end
    left = left - 1
    local key = key_text(keys[i]) .. " = "
    list[#list + 1] = key .. render(rawget(value, keys[i]), state, depth + 1, indent, room - width(key))
  end
  local hidden = count + #keys - #list
  if hidden > 0 then list[#list + 1] = format("… %d more", hidden) end
  return list, listed
end

local function fits_on_one_line(list, room)
  local total = 2
  for i = 1, #list do
    total = total + width(list[i]) + 2
    if total > room or find(list[i], "\n", 1, true) then return false end
  end
  return true
end

-- Puts short neighbours of the list part on one line.
local function filled(list, listed, room)
  local lines, used = {}, 0
  for i = 1, #list do
    local size = width(list[i])
    local joins = i > 1 and i <= listed and size <= 24 and used + size + 3 <= room
      and not find(list[i], "\n", 1, true) and not find(list[i - 1], "\n", 1, true)
    if joins then
      lines[#lines] = lines[#lines] .. ", " .. list[i]
      used = used + size + 2
    else
      lines[#lines + 1] = list[i]
      used = size
    end
  end
  return lines
end

function open(value, state, depth, indent, room)
  state.path[value] = true
  local list, listed = entries(value, state, depth, indent .. "  ", room - 2)
  state.path[value] = nil
  if fits_on_one_line(list, room) then return "{ " .. concat(list, ", ") .. " }" end
  local inner = "\n" .. indent .. "  "
  return "{" .. inner .. concat(filled(list, listed, room - 2), "," .. inner) .. "\n" .. indent .. "}"
end

local function limited(text)
  local position, lines = 0, 0
  while lines < MAX_LINES do
    position = find(text, "\n", position + 1, true)
    if not position then return text end
    lines = lines + 1
  end
  local _, more = gsub(sub(text, position), "\n", "")
  return sub(text, 1, position) .. format("… %d more lines", more)
end

--- The values as text for a terminal of so many columns.
function printer.format(columns, ...)
  local parts, has_lines = {}, false
  for i = 1, select("#", ...) do
    local text = render((select(i, ...)), { path = {} }, 1, "", columns)
    parts[i] = limited(text)
    has_lines = has_lines or find(text, "\n", 1, true) ~= nil
  end
  return concat(parts, has_lines and "\n" or "\t")
end

return printer
