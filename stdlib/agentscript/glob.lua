--[[ agentscript.glob: patterns of file names, as the shell has them; behind fs.glob and path.matches.

FUNCTIONS
  glob.expand(pattern)   the patterns that its braces stand for: "a{b,c}" -> { "ab", "ac" }; at most 1,000
  glob.compile(segment)  what matches one component of a path, for glob.matches
  glob.matches(compiled, name, hidden)   whether it does; unless hidden, a leading point must be written out
  glob.is_magic(segment) whether it has any of * ? [ \

In a segment: * any run of bytes, ? one character, [abc] [a-z] [!abc] one of (or none of) these, \x the character x.
A match takes at most the product of both lengths in steps, whatever the pattern.
]]
local glob = {}

local CHARACTER = "^[\0-\x7F\xC2-\xFD][\x80-\xBF]*"

function glob.is_magic(segment) return segment:find("[*?%[\\]") ~= nil end

--- The parts of "{a,b{c,d}}" from its opening brace on, and the position after it; nil if it is no such list.
local function alternatives(pattern, open)
  local parts, depth, start, i = {}, 0, open + 1, open
  while i <= #pattern do
    local c = pattern:sub(i, i)
    if c == "\\" then
      i = i + 1
    elseif c == "{" then
      depth = depth + 1
    elseif c == "," and depth == 1 then
      parts[#parts + 1] = pattern:sub(start, i - 1)
      start = i + 1
    elseif c == "}" then
      depth = depth - 1
      if depth == 0 then
        parts[#parts + 1] = pattern:sub(start, i - 1)
        return #parts > 1 and parts or nil, i + 1
      end
    end
    i = i + 1
  end
end

function glob.expand(pattern)
  local results = {}
  local function expand(prefix, rest)
    local from = 1
    while true do
      local open = rest:find("[{\\]", from)
      if not open then break end
      local parts, after
      if rest:sub(open, open) == "{" then parts, after = alternatives(rest, open) end
      if parts then
        for _, part in ipairs(parts) do expand(prefix .. rest:sub(1, open - 1), part .. rest:sub(after)) end
        return
      end
      from = open + (rest:sub(open, open) == "\\" and 2 or 1)
    end
    results[#results + 1] = prefix .. rest
    if #results > 1000 then error("the pattern stands for more than 1,000", 0) end
  end
  expand("", pattern)
  return results
end

--- The set that begins at `i` in a segment, and the position after it; nil if no bracket closes it.
local function parse_set(segment, i)
  local set, first = { ranges = {} }, i + 1
  if segment:find("^[!^]", first) then
    set.negated, first = true, first + 1
  end
  local at = first
  while at <= #segment do
    if segment:sub(at, at) == "]" and at > first then return set, at + 1 end
    if segment:sub(at, at) == "\\" and at < #segment then at = at + 1 end
    local low = segment:match(CHARACTER, at) or segment:sub(at, at)
    at = at + #low
    local high = low
    if segment:find("^%-[^%]]", at) then
      high = segment:match(CHARACTER, at + 1) or segment:sub(at + 1, at + 1)
      at = at + 1 + #high
    end
    set.ranges[#set.ranges + 1] = { low, high }
  end
end

--- Byte order of UTF-8 is the order of its characters, but a longer one must not fall between two shorter.
local function in_range(character, low, high)
  return (#character > #low or #character == #low and character >= low)
    and (#character < #high or #character == #high and character <= high)
end

function glob.compile(segment)
  local tokens, i = {}, 1
  while i <= #segment do
    local c = segment:sub(i, i)
    local set, after
    if c == "[" then set, after = parse_set(segment, i) end
    if set then
      tokens[#tokens + 1], i = set, after
    elseif c == "*" or c == "?" then
      if not (c == "*" and tokens[#tokens] == "*") then tokens[#tokens + 1] = c end
      i = i + 1
    else
      if c == "\\" and i < #segment then i = i + 1 end
      local character = segment:match(CHARACTER, i) or segment:sub(i, i)
      tokens[#tokens + 1] = { literal = character }
      i = i + #character
    end
  end
  return tokens
end

local function accepts(token, character)
  if token == "?" then return true end
  if token.literal then return token.literal == character end
  for _, range in ipairs(token.ranges) do
    if in_range(character, range[1], range[2]) then return not token.negated end
  end
  return token.negated == true
end

function glob.matches(tokens, name, hidden)
  if name:sub(1, 1) == "." and not hidden and not (type(tokens[1]) == "table" and tokens[1].literal == ".") then
    return false
  end
  local position, token, star, star_position = 1, 1, nil, nil
  while position <= #name do
    local character = name:match(CHARACTER, position) or name:sub(position, position)
    if tokens[token] == "*" then
      star, star_position = token, position
      token = token + 1
    elseif tokens[token] and accepts(tokens[token], character) then
      position, token = position + #character, token + 1
    elseif star then
      local skipped = name:match(CHARACTER, star_position) or name:sub(star_position, star_position)
      star_position = star_position + #skipped
      position, token = star_position, star + 1
    else
      return false
    end
  end
  while tokens[token] == "*" do token = token + 1 end
  return tokens[token] == nil
end

return glob
