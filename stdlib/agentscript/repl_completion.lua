-- agentscript.repl_completion: what could follow at the prompt
--
--   completion.candidates(text)               the names that complete the end of `text`, sorted, and their typed part
--   completion.answer(text, cursor, columns)  what Tab does: text to insert (or nil), and lines to show (or nil)
--
-- Completes globals and keywords, fields after a dot, methods after a colon (functions only), and the modules after
-- `require "`. Looks into tables and into `__index` tables; calls nothing, so looking never changes anything.

local rawget, type, next = rawget, type, next
local getmetatable = debug.getmetatable
local concat, sort = table.concat, table.sort
local find, format, gmatch = string.find, string.format, string.gmatch
local match, rep, sub = string.match, string.rep, string.sub
local max, min, floor, ceil = math.max, math.min, math.floor, math.ceil
local globals, package = _G, package

local completion = {}

local MAX_SHOWN, MAX_LOOKUPS = 200, 10

local KEYWORDS = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not",
  "or", "repeat", "return", "then", "true", "until", "while",
}

-- The table that a value's missing fields are looked up in, or nil.
local function index_table(value)
  local metatable = getmetatable(value)
  local index = type(metatable) == "table" and rawget(metatable, "__index")
  return type(index) == "table" and index or nil
end

local function field(value, name)
  for _ = 1, MAX_LOOKUPS do
    if type(value) == "table" then
      local found = rawget(value, name)
      if found ~= nil then return found end
    end
    value = index_table(value)
    if value == nil then return nil end
  end
end

local function is_callable(value)
  if type(value) == "function" then return true end
  local metatable = getmetatable(value)
  return type(metatable) == "table" and rawget(metatable, "__call") ~= nil
end

-- Adds the names of `value` that begin with `prefix`. Names that begin with _ are shown only when asked for.
local function add_fields(names, value, prefix, accepts)
  for _ = 1, MAX_LOOKUPS do
    if type(value) == "table" then
      for key, item in next, value do
        if type(key) == "string" and sub(key, 1, #prefix) == prefix and find(key, "^[%a_][%w_]*$")
          and (prefix ~= "" or sub(key, 1, 1) ~= "_") and accepts(item) then
          names[key] = true
        end
      end
    end
    value = index_table(value)
    if value == nil then return end
  end
end

local function anything() return true end

-- The modules that `require` has loaded or knows how to make.
local function add_modules(names, prefix)
  for _, known in next, { package.loaded, package.preload } do
    for name in next, known do
      if type(name) == "string" and sub(name, 1, #prefix) == prefix and name ~= "_G" then names[name] = true end
    end
  end
end

-- What stands before the last dot or colon, as a value; the globals when nothing does.
local function resolve(path)
  local value = globals
  for name in gmatch(path, "[%a_][%w_]*") do
    value = field(value, name)
    if value == nil then return nil end
  end
  return value
end

--- The names that complete the end of `text`, in order, and how much of them is already there.
function completion.candidates(text)
  local names, prefix = {}, match(text, "require%s*%(?%s*[\"']([%w_.-]*)$")
  if prefix then
    add_modules(names, prefix)
  else
    local path, separator, last = match(text, "([%a_][%w_.]*)%s*([.:])%s*([%w_]*)$")
    prefix = last or match(text, "[%a_][%w_]*$") or ""
    if path then
      add_fields(names, resolve(path), prefix, separator == ":" and is_callable or anything)
    elseif match(text, "[\"'%]]%s*%)?%s*:%s*[%w_]*$") then
      prefix = match(text, "[%w_]*$")
      add_fields(names, "", prefix, is_callable)
    elseif not match(text, "[%d.:]" .. prefix .. "$") then
      add_fields(names, globals, prefix, anything)
      for _, word in next, KEYWORDS do
        if sub(word, 1, #prefix) == prefix then names[word] = true end
      end
    end
  end
  local sorted = {}
  for name in next, names do sorted[#sorted + 1] = name end
  sort(sorted)
  return sorted, prefix
end

local function common_prefix(names)
  local first, last = names[1], names[#names]
  local length = #first
  while sub(first, 1, length) ~= sub(last, 1, length) do length = length - 1 end
  return sub(first, 1, length)
end

-- The names in columns, read downwards.
local function in_columns(names, columns)
  local shown = min(#names, MAX_SHOWN)
  local cell = 0
  for i = 1, shown do cell = max(cell, #names[i] + 2) end
  local across = max(1, floor(columns / cell))
  local down = ceil(shown / across)
  local lines = {}
  for row = 1, down do
    local line = {}
    for i = row, shown, down do line[#line + 1] = names[i] .. rep(" ", cell - #names[i]) end
    lines[row] = match(concat(line), "^(.-) *$")
  end
  if #names > shown then lines[#lines + 1] = format("… and %d more", #names - shown) end
  return concat(lines, "\n") .. "\n"
end

--- What the Tab key does with the cursor after the first `cursor` bytes of `text`.
function completion.answer(text, cursor, columns)
  local names, prefix = completion.candidates(sub(text, 1, cursor))
  if #names == 0 then return nil, nil end
  local common = common_prefix(names)
  if #common > #prefix then return sub(common, #prefix + 1), nil end
  if #names == 1 then return nil, nil end
  return nil, in_columns(names, columns)
end

return completion
