-- What keeps an answer from coming is nil, a sentence and a word; misuse is an error.
-- expect-no-stderr: canary
local http = require "http"
local path = require "path"
local start = dofile(path.join(path.dirname(arg[0]), "../../Probes/http_server.lua"))
local server, url, ports = start()

local function fails(word, pattern, ...)
  local answer, problem, said = http.get(...)
  assert(answer == nil and said == word, ("%s instead of %s: %s"):format(said, word, problem))
  assert(problem:find(pattern), problem)
  assert(not problem:find "canary", problem)
end

fails("connect", "^127%.0%.0%.1:1 takes no connection: Connection refused$", "http://127.0.0.1:1/")
fails("bad_url", "only http and https are spoken, not file", "file:///etc/passwd")
fails("bad_url", "this URL cannot be used", "no url")
fails("bad_request", "the header X has a control character in it", url "/echo", { headers = { X = "a\r\nY: canary" } })
fails("bad_request", "the header Content%-Length is set by the transport", url "/echo", { headers = { ["Content-Length"] = 1 } })
fails("timeout", "was not reached within 200 ms", url("/", ports.full), { connect_timeout = 200 })
fails("timeout", "did not finish its answer within 300 ms", url "/silence", { timeout = "300ms" })
fails("timeout", "sent nothing for 200 ms", url "/head_only", { idle_timeout = 200 })
fails("timeout", "did not finish its answer within 500 ms", url "/comments", { timeout = 500 })
fails("too_large", "is larger than 1000 bytes", url "/bytes?count=5000", { max_bytes = 1000 })
fails("connection_lost", "broke", url "/fin_short")
fails("protocol", "does not answer as HTTP wants it", url "/bad_gzip")
fails("redirect", "it would be number 2", url "/redirect?to=/redirect?to=/echo", { follow = 1 })
fails("timeout", "did not finish", ("http://me:canary@127.0.0.1:%d/silence?token=canary"):format(ports.port), {
  timeout = 200, headers = { authorization = "Bearer canary" },
})
assert(select(2, pcall(function() assert(http.get "http://127.0.0.1:1/") end)):find("takes no connection", 1, true))

-- A timeout around it ends it at once, and so does a failing sibling.
local before = os.time()
local answer, why = timeout(200, function() return http.get(url "/silence") end)
assert(answer == nil and why == "timeout")
assert(not pcall(parallel, { function() http.get(url "/silence") end, function() error "sibling" end }))
assert(os.time() - before < 10)
local open
for _ = 1, 100 do
  open = http.get(url "/stats").json().open
  if open == 1 then break end
  sleep(20)
end
assert(open == 1, open)

-- Misuse names the script's own line.
local function refuses(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and message:find "^failures.lua:%d+: " or message:find "failures%.lua:%d+: ", message)
  assert(message:find(pattern, 1, true), message)
end
refuses("http.get: argument 1 (url) must be a string, got nil", function() http.get() end)
refuses("http.get: unknown option 'tiemout'; did you mean 'timeout'?", function() http.get("x", { tiemout = 1 }) end)
refuses("http.get: timeout must be a", function() http.get("x", { timeout = "soon" }) end)
refuses("http.request: option 'url' must be a string, got nil", function() http.request { method = "GET" } end)
refuses("http.request: give body or json, not both", function() http.request { url = "x", body = "", json = 1 } end)
refuses("http.post: the body comes second", function() http.post("x", "b", { body = "c" }) end)
refuses("http.get: the header 'X' must be a string", function() http.get("x", { headers = { X = print } }) end)
refuses("http.get: headers must have names, not 1", function() http.get("x", { headers = { "X: y" } }) end)
refuses("http.query: the parameter 'a' must be a string", function() http.query { a = print } end)
refuses("http.get: option 'max_bytes' must be at least 1", function() http.get("x", { max_bytes = 0 }) end)
refuses("http.post: ", function() http.post("x", { f = print }) end)

cancel(server)
