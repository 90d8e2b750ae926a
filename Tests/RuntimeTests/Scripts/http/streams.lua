-- With `stream` the head comes first, and the body piece by piece.
local http = require "http"
local path = require "path"
local start = dofile(path.join(path.dirname(arg[0]), "../../Probes/http_server.lua"))
local server, url = start()

local answer = assert(http.get(url "/events?count=5&pause=0.02", { stream = true }))
assert(answer.status == 200 and answer.body == nil)
local lines = {}
for line in answer.lines() do
  if line ~= "" then lines[#lines + 1] = line end
end
assert(#lines == 6 and lines[1]:find '^data: {"index":0' and lines[6] == "data: [DONE]")
assert(answer.read() == nil, "over stays over")

-- Whole by pieces.
local count = 0
for piece in assert(http.get(url "/bytes?count=3000000", { stream = true })).chunks() do count = count + #piece end
assert(count == 3000000)
assert(http.get(url "/echo", { stream = true }).json().method == "GET")

-- It breaks off: by hand, and in a loop.
answer = assert(http.get(url "/reset", { stream = true }))
assert(answer.read() == "data: one\n\n")
local piece, problem, word = answer.read()
assert(piece == nil and word == "connection_lost" and problem:find "broke", problem)
local ok, message = pcall(function()
  for _ in assert(http.get(url "/fin", { stream = true })).chunks() do end
end)
assert(not ok and message:find "streams.lua:%d+: http: the connection to .* broke", message)

local function open_connections()
  return http.get(url "/stats").json().open
end
local function until_closed()
  for _ = 1, 200 do
    if open_connections() == 1 then return true end
    sleep(10)
  end
end

-- Ended early: by close, by a to-be-closed variable, by a timeout around the reading, by nobody holding it.
answer = assert(http.get(url "/endless", { stream = true }))
assert(answer.read())
answer.close()
local _, closed, why = answer.read()
assert(why == "cancelled", closed)
assert(until_closed())
do
  local held <close> = assert(http.get(url "/one_event", { stream = true }))
  assert(held.read())
end
assert(until_closed())
answer = assert(http.get(url "/one_event", { stream = true }))
assert(answer.read())
assert(timeout(50, function() return answer.read() end) == nil)
assert(until_closed())
answer = assert(http.get(url "/endless", { stream = true }))
answer = nil
collectgarbage()
collectgarbage()
assert(until_closed())

-- One reader at a time.
answer = assert(http.get(url "/one_event", { stream = true }))
assert(answer.read())
local reader = async(function() return answer.read() end)
sleep(20)
assert(select(2, pcall(answer.read)):find("another coroutine is reading this answer already", 1, true))
answer.close()
wait(reader)

cancel(server)
