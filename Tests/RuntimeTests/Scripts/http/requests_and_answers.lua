-- What is sent arrives, and what is answered can be read.
local http = require "http"
local json = require "json"
local path = require "path"
local start = dofile(path.join(path.dirname(arg[0]), "../../Probes/http_server.lua"))
local server, url = start()

local answer = assert(http.get(url "/echo"))
assert(answer.status == 200 and answer.ok and answer.version == "1.1" and answer.url == url "/echo")
assert(answer.headers["content-type"] == "application/json" and answer.headers["Content-Type"] == "application/json")
assert(answer.headers["x-two"] == "a, b" and answer.headers.nothing == nil)
local seen = assert(answer.json())
assert(seen.method == "GET" and seen.body == "" and seen.headers["accept-encoding"] == "gzip, deflate")
assert(answer:json().method == "GET", "a colon does as well")

-- Queries.
seen = http.get(url "/echo?a=1#part", { query = { q = "x y&z", list = { 1, "two" }, flag = true } }).json()
assert(seen.query.a[1] == "1" and seen.query.q[1] == "x y&z" and seen.query.flag[1] == "true")
assert(seen.query.list[1] == "1" and seen.query.list[2] == "two")
assert(http.escape "a b/ü~" == "a%20b%2F%C3%BC~" and http.query { b = 2, a = "&" } == "a=%26&b=2")

-- Bodies.
seen = http.post(url "/echo", "plain\0text").json()
assert(seen.method == "POST" and seen.body == "plain\0text" and seen.headers["content-type"] == nil)
seen = http.post(url "/echo", { list = json.array {}, name = "bolt" }).json()
assert(json.decode(seen.body).name == "bolt" and seen.headers["content-type"] == "application/json")
seen = http.post(url "/echo", { a = 1 }, { headers = { ["Content-Type"] = "application/x-mine" } }).json()
assert(seen.headers["content-type"] == "application/x-mine")
seen = http.post(url "/echo").json()
assert(seen.body == "" and seen.headers["content-length"] == "0")
seen = http.request { method = "PUT", url = url "/echo", json = "text", headers = { ["X-Number"] = 5 } }.json()
assert(seen.method == "PUT" and seen.body == '"text"' and seen.headers["x-number"] == "5")

-- Any status is an answer.
local missing = assert(http.get(url "/nowhere"))
assert(missing.status == 404 and not missing.ok and missing.body == "nothing here")
local nothing, problem = missing.json()
assert(nothing == nil and problem:find("JSON line 1", 1, true), problem)
assert(http.get(url "/overloaded").headers["Retry-After"] == "3")

-- Decompressed; redirects only when asked for.
assert(http.get(url "/gzip").body == ("hello "):rep(1000))
local there = url "/redirect?to=/echo"
assert(http.get(there).status == 302)
local followed = assert(http.get(there, { follow = true }))
assert(followed.status == 200 and followed.url == url "/echo")

-- Many at once, each in its own coroutine, while the script goes on.
local ticks = 0
local ticker = async(function() while ticks < 5 do sleep(20) ticks = ticks + 1 end end)
local work = {}
for i = 1, 30 do
  work[i] = function() return http.get(url "/events", { query = { count = 2, pause = 0.1 } }).body end
end
for _, body in ipairs(parallel(work)) do assert(body:find("[DONE]", 1, true)) end
wait(ticker)
assert(ticks == 5)

cancel(server)
