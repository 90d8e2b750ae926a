-- read_output: all options, of a job, an id, a file.
local fs = require "fs"

local r = task { name = "lines", command = "seq 1 10; echo alpha beta; echo '[PROGRESS] 50% half'; printf 'no newline'" }
local text, next_offset = read_output(r.id)
assert(text:find "^%[START%] %d%d%d%d%-" and text:find("\nTask: ", 1, true), text)
assert(text:find("\n1\n2\n3\n", 1, true) and text:find("no newline\n", 1, true) and text:find "%[RESULT%]\n{" and text:find "%[COMPLETE%] %d%d%d%d")
assert(next_offset == #text and text == fs.read(r.output_file))
assert(read_output(r.output_file) == text and read_output(r) == text)

-- since: from there on; the second value is where to go on.
local rest, after = read_output(r.id, { since = next_offset })
assert(rest == "" and after == next_offset)
rest, after = read_output(r.id, { since = 8 })
assert(rest == text:sub(9) and after == #text)
assert(read_output(r.id, { since = 10 * #text }) == "")

-- max_bytes, and reading in pieces.
local pieces, at = {}, 0
repeat
  local piece
  piece, at = read_output(r.id, { since = at, max_bytes = 7 })
  assert(#piece <= 7)
  pieces[#pieces + 1] = piece
until piece == ""
assert(table.concat(pieces) == text)

-- tail, lines, match.
local tail = read_output(r.id, { tail = 2 })
assert(tail:find "%[COMPLETE%]" and select(2, tail:gsub("\n", "")) == 2, tail)
assert(read_output(r.id, { lines = 1 }) == text:match "^[^\n]*\n")
assert(read_output(r.id, { match = "^(alpha|7)" }) == "7\nalpha beta\n", read_output(r.id, { match = "^(alpha|7)" }))
assert(read_output(r.id, { match = "nothing like it" }) == "")
local bad, problem = pcall(read_output, r.id, { match = "(" })
local quiet, sentence = not bad or read_output(r.id, { match = "(" }), problem
assert(bad == false or sentence == nil or type(sentence) == "string", quiet)

-- follow: what comes, while it comes, until the job has ended.
local folder = assert(fs.tmpdir())
local job = spawn { cwd = folder, command = "echo first; until [ -e go ]; do sleep 0.02; done; echo second" }
local seen = ""
for chunk in read_output(job, { follow = true }) do
  seen = seen .. chunk
  if seen:find "first\n" and not fs.exists(folder .. "/go") then fs.write(folder .. "/go", "") end
end
assert(seen:find "first\n.*second\n" and job.status == "completed", seen)
assert(job:output { match = "^second$" } == "second\n")
-- A finished one's file is followed to its end at once.
local again = ""
for chunk in read_output(job, { follow = true }) do again = again .. chunk end
assert(again == fs.read(job.output_file))

-- What is not there.
local nothing, message = read_output(folder .. "/none.log")
assert(nothing == nil and message:find("none.log", 1, true), message)
nothing, message = read_output "no-such-job"
assert(nothing == nil and message:find("no-such-job", 1, true), message)

-- Other files may be read as well.
fs.write(folder .. "/any.log", "x\ny\n")
assert(read_output(folder .. "/any.log", { tail = 1 }) == "y\n")

-- A long log, whole and in part.
r = task { command = "seq 1 50000" }
assert(#read_output(r, { tail = 3000 }) > 10000)
local whole, since = {}, 0
repeat
  local piece
  piece, since = read_output(r, { since = since, max_bytes = 65536 })
  whole[#whole + 1] = piece
until piece == ""
assert(table.concat(whole):find("\n49999\n50000\n", 1, true))

assert(fs.remove(folder, { recursive = true }))
