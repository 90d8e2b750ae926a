-- An output of 64 MB that is never read whole: the result has its head and tail, the file has all of it.
local size = 64000000
local result = task { command = "head -c " .. size .. " /dev/zero | tr '\\0' x; echo; echo the end" }
assert(result.success, tostring(result))
assert(#result.output <= 32000, #result.output)
assert(result.output:sub(1, 3) == "xxx" and result.output:sub(-8) == "the end\n")
assert(result.output:find("bytes left out", 1, true))
local all, offset = 0, 0
while true do
  local piece, next_offset = read_output(result, { since = offset, max_bytes = 8000000 })
  if piece == "" then break end
  all, offset = all + #piece, next_offset
end
assert(all > size, all)
