--[[ agentscript.arguments: what the library's modules use to check what they are given.

  local arguments = require "agentscript.arguments"
  function module.read(path, options)
    arguments.check("module.read", 1, "path", path, "string")
    options = arguments.options("module.read", options, { max_bytes = "integer" })
  end

FUNCTIONS
  arguments.check(call, position, name, value, kinds [, level])
      raises "module.read: argument 1 (path) must be a string, got nil" unless the value is of one of the kinds
  arguments.options(call, options, known [, level])
      the options, or an empty table for nil; raises for an unknown name (with a suggestion) or a value of another kind
  arguments.nearest(word, words)
      the one of the words (a list) that `word` is a slip of the fingers for, or nil

`kinds` are names separated by spaces: those of type(), and `integer` (a float without fraction counts too). The error
points at the caller of the function that checks: level 2, the default, means that function was called by the script
itself; add one for each function of the module in between.
]]
local arguments = {}

local function matches(value, kinds)
  local kind = type(value)
  for expected in kinds:gmatch("%S+") do
    if expected == kind or expected == "integer" and kind == "number" and math.tointeger(value) then return true end
  end
  return false
end

local function spoken(kinds)
  local words = {}
  for word in kinds:gmatch("%S+") do
    words[#words + 1] = word == "integer" and "a whole number" or (word:find("^[aeiou]") and "an " or "a ") .. word
  end
  return table.concat(words, " or ")
end

local function given(value)
  if type(value) == "number" then return "the number " .. value end
  return type(value) == "nil" and "nil" or "a " .. type(value)
end

function arguments.check(call, position, name, value, kinds, level)
  if matches(value, kinds) then return end
  local message = "%s: argument %d (%s) must be %s, got %s"
  error(message:format(call, position, name, spoken(kinds), given(value)), (level or 2) + 1)
end

function arguments.options(call, options, known, level)
  if options == nil then return {} end
  level = (level or 2) + 1
  if type(options) ~= "table" then
    error(("%s: options must be a table, got %s"):format(call, given(options)), level)
  end
  for key, value in next, options do
    local kinds = known[key]
    if not kinds then
      local words = {}
      for word in next, known do words[#words + 1] = word end
      table.sort(words)
      local near = type(key) == "string" and arguments.nearest(key, words)
      error(("%s: unknown option '%s'; %s"):format(call, tostring(key),
        near and "did you mean '" .. near .. "'?" or #words == 0 and "it takes none"
        or "it takes " .. table.concat(words, ", ")), level)
    elseif not matches(value, kinds) then
      error(("%s: option '%s' must be %s, got %s"):format(call, key, spoken(kinds), given(value)), level)
    end
  end
  return options
end

--- Insertions, deletions, replacements and swaps of neighbours that make b of a.
local function distance(a, b)
  local before, row = nil, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local current = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      current[j] = math.min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (same and 0 or 1))
      if before and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        current[j] = math.min(current[j], before[j - 2] + 1)
      end
    end
    before, row = row, current
  end
  return row[#b]
end

function arguments.nearest(word, words)
  local best, least
  for _, candidate in ipairs(words) do
    local steps = distance(word:lower(), candidate:lower())
    if steps <= math.max(1, #candidate // 3) and (not least or steps < least) then best, least = candidate, steps end
  end
  return best
end

return arguments
