--[[ http: requests over http and https.

  local http = require "http"
  local answer = assert(http.get("https://example.org/items", { query = { page = 2 }, timeout = "20s" }))
  if answer.ok then for _, item in ipairs(assert(answer.json())) do print(item.name) end end
  assert(http.post("https://example.org/items", { name = "bolt" }, { headers = { authorization = "Bearer " .. token } }))

An answer is an answer whatever its status: 404 and 500 are results, with ok = false. What keeps an answer from coming is nil,
a sentence that names the host, and one word for code: "dns", "connect", "tls", "timeout", "too_large", "connection_lost",
"protocol", "redirect", "bad_url", "bad_request", "cancelled", "no_library". So assert(http.get(url)) raises it. Wrong
arguments are errors at the caller. Waiting suspends only the coroutine; when its task is cancelled, or the time of a
timeout around it is up, the connection is closed at once. Sentences and words never hold what authorizes: passwords of a
URL, or headers and parameters named like secrets.

FUNCTIONS
  http.get(url [, options])          the answer
  http.post(url, body [, options])   body: a string, or a table, which is sent as JSON; nil sends an empty one
  http.request(options)              any request; options also has url, method (default: "GET"), body or json
  http.escape(text)                  the text for use in a URL, percent-encoded
  http.query(parameters)             "a=1&b=x%20y" of a table of names and values; a list as a value repeats its name

OPTIONS
  headers           names and values; a list as a value sends the header several times
  query             parameters to add to the URL, as http.query has them
  body, json        what to send: bytes, or a value to be encoded as JSON
  timeout           for all of it (default "5m"); numbers are milliseconds
  connect_timeout   until the connection stands and is secure (default "15s")
  idle_timeout      between two pieces of the body (default "2m")
  max_bytes         of the body, decompressed (default 64 MiB); more is the error "too_large"
  follow            how many redirects to follow; true is 10 (default: none, the redirect is the answer). To another host
                    only harmless headers go along, and from https none leads to http.
  stream            true: return as soon as the head is there, and let the script read the body piece by piece

AN ANSWER HAS
  status, ok        the number, and whether it is from 200 to 299
  headers           by name, whatever its case; several of one name are joined by ", " (set-cookie: by newlines)
  body              the bytes; not with stream
  json()            the body as a value, or nil and why it is none; read whole first, with stream
  url, version      where it came from after redirects, and "1.1" or "2"
  read()            with stream: the next piece; nil at the end; nil, a sentence and a word if it breaks off
  chunks(), lines() with stream: iterators over pieces, or lines without their ends; they raise what breaks it off
  close()           with stream: ends it early. So does `local answer <close> = ...`, and dropping it, in time.

The environment's proxies (https_proxy, http_proxy, no_proxy, ...) and certificates (SSL_CERT_FILE, SSL_CERT_DIR,
CURL_CA_BUNDLE) count. Connections are kept and shared, with HTTP/2 where the server has it. There are no cookies and no
cache. libcurl is loaded by the first request.
]]
local http = {}

local arguments = require "agentscript.arguments"
local host = require "agentscript.host"
local json = require "json"

local check = arguments.check

local OPTIONS = {
  headers = "table", query = "table", body = "string", json = "boolean number string table", timeout = "number string", connect_timeout = "number string",
  idle_timeout = "number string", max_bytes = "integer", follow = "boolean integer", stream = "boolean",
}
local REQUEST_OPTIONS = { url = "string", method = "string" }
for name, kinds in next, OPTIONS do REQUEST_OPTIONS[name] = kinds end

-- Requests -----------------------------------------------------------------------------------------------------------

local function escape(text)
  return (text:gsub("[^%w%-._~]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

--- The texts of a value that may be a list of them.
local function texts(call, what, value, level)
  local list = type(value) == "table" and value or { value }
  local found = {}
  for i = 1, #list do
    local one = list[i]
    if type(one) == "number" or type(one) == "boolean" then one = tostring(one) end
    if type(one) ~= "string" then
      error(("%s: %s must be a string, a number or a list of them, got a %s"):format(call, what, type(one)), level + 1)
    end
    found[i] = one
  end
  return found
end

--- Names of a table, in the order of bytes: the same request is the same text every time.
local function names(call, what, t, level)
  local list = {}
  for name in next, t do
    if type(name) ~= "string" then error(("%s: %s must have names, not %s"):format(call, what, tostring(name)), level + 1) end
    list[#list + 1] = name
  end
  table.sort(list)
  return list
end

local function query(call, parameters, level)
  local parts = {}
  for _, name in ipairs(names(call, "the query", parameters, level + 1)) do
    for _, value in ipairs(texts(call, "the parameter '" .. name .. "'", parameters[name], level + 1)) do
      parts[#parts + 1] = escape(name) .. "=" .. escape(value)
    end
  end
  return table.concat(parts, "&")
end

local function with_query(url, text)
  if text == "" then return url end
  local before, fragment = url:match "^([^#]*)(.*)$"
  local joint = not before:find("?", 1, true) and "?" or before:find "[?&]$" and "" or "&"
  return before .. joint .. text .. fragment
end

local function header_list(call, headers, level)
  local list = {}
  for _, name in ipairs(names(call, "headers", headers or {}, level + 1)) do
    for _, value in ipairs(texts(call, "the header '" .. name .. "'", headers[name], level + 1)) do
      list[#list + 1] = { name, value }
    end
  end
  return list
end

local function has_header(list, name)
  for _, header in ipairs(list) do
    if header[1]:lower() == name then return true end
  end
  return false
end

local function redirects(follow)
  if follow == true then return 10 end
  return follow or 0
end

--- What the host wants to know of a request. `level` is that of the caller of http's function.
local function order(call, options, level)
  level = level + 1
  if options.body ~= nil and options.json ~= nil then error(call .. ": give body or json, not both", level) end
  local list = header_list(call, options.headers, level)
  local body = options.body
  if options.json ~= nil then
    local ok, text = pcall(json.encode, options.json)
    if not ok then error(call .. ": " .. tostring(text):gsub("^.-: ", "", 1), level) end
    body = text
    if not has_header(list, "content-type") then list[#list + 1] = { "Content-Type", "application/json" } end
  end
  if options.max_bytes and options.max_bytes < 1 then error(call .. ": option 'max_bytes' must be at least 1", level) end
  local follow = redirects(options.follow)
  if follow < 0 or follow > 100 then error(call .. ": option 'follow' must be from 0 to 100, or true", level) end
  local function milliseconds(name, default)
    return options[name] ~= nil and host.milliseconds(call, name, options[name]) or default
  end
  return {
    method = options.method or "GET", url = with_query(options.url, query(call, options.query or {}, level)),
    headers = list, body = body, timeout = milliseconds("timeout", 300000),
    connect_timeout = milliseconds("connect_timeout", 15000), idle_timeout = milliseconds("idle_timeout", 120000),
    max_bytes = options.max_bytes or 64 << 20, follow = follow, stream = options.stream or false,
  }
end

-- Answers ------------------------------------------------------------------------------------------------------------

local headers_type = {
  __index = function(t, name) return type(name) == "string" and rawget(t, name:lower()) or nil end,
}

local function header_table(list)
  local headers = {}
  for _, header in ipairs(list) do
    local name, value = header[1]:lower(), header[2]
    local before = headers[name]
    headers[name] = before and before .. (name == "set-cookie" and "\n" or ", ") .. value or value
  end
  return setmetatable(headers, headers_type)
end

local answer_type = {
  __name = "http answer",
  __tostring = function(answer) return ("http answer %d of %s"):format(answer.status, answer.url) end,
  __close = function(answer) if answer.close then answer.close() end end,
}

local function raise(problem) error("http: " .. problem, 3) end

--- What an answer whose body is still on its way can do. They take no self, so that a point does as well as a colon.
local function add_reading(answer, stream)
  function answer.read() return host.http_read(stream) end
  function answer.close() host.http_close(stream) end
  function answer.chunks()
    return function()
      local piece, problem = host.http_read(stream)
      if problem then raise(problem) end
      return piece
    end
  end
  function answer.lines()
    local rest, is_over = "", false
    return function()
      while true do
        local line, after = rest:match "^([^\n]*)\n()"
        if line then
          rest = rest:sub(after)
          return (line:gsub("\r$", ""))
        end
        if is_over then
          line, rest = rest, ""
          return line ~= "" and line or nil
        end
        local piece, problem = host.http_read(stream)
        if problem then raise(problem) end
        if piece then rest = rest .. piece else is_over = true end
      end
    end
  end
  function answer.json()
    local pieces = {}
    while true do
      local piece, problem, word = host.http_read(stream)
      if problem then return nil, problem, word end
      if not piece then return json.try_decode(table.concat(pieces)) end
      pieces[#pieces + 1] = piece
    end
  end
end

local function send(order)
  local answer, problem, word = host.http_send(order)
  if not answer then return nil, problem, word end
  answer.headers = header_table(answer.headers)
  answer.ok = answer.status >= 200 and answer.status < 300
  if order.stream then
    local stream = answer.stream
    answer.stream = nil
    add_reading(answer, stream)
  else
    function answer.json() return json.try_decode(answer.body) end
  end
  return setmetatable(answer, answer_type)
end

--- A copy, so that the caller's table stays as it is.
local function with(options, more)
  local copy = {}
  for name, value in next, options do copy[name] = value end
  for name, value in next, more do copy[name] = value end
  return copy
end

function http.request(options)
  options = arguments.options("http.request", options, REQUEST_OPTIONS)
  if options.url == nil then error("http.request: option 'url' must be a string, got nil", 2) end
  local order = order("http.request", options, 2)
  return send(order)
end

function http.get(url, options)
  check("http.get", 1, "url", url, "string")
  options = arguments.options("http.get", options, OPTIONS)
  local order = order("http.get", with(options, { url = url }), 2)
  return send(order)
end

function http.post(url, body, options)
  check("http.post", 1, "url", url, "string")
  check("http.post", 2, "body", body, "string table nil")
  options = arguments.options("http.post", options, OPTIONS)
  local more = { url = url, method = "POST", [type(body) == "table" and "json" or "body"] = body }
  if body ~= nil and (options.body ~= nil or options.json ~= nil) then
    error("http.post: the body comes second, options must not have another", 2)
  end
  local order = order("http.post", with(options, more), 2)
  return send(order)
end

function http.escape(text)
  check("http.escape", 1, "text", text, "string")
  local escaped = escape(text)
  return escaped
end

function http.query(parameters)
  check("http.query", 1, "parameters", parameters, "table")
  local text = query("http.query", parameters, 2)
  return text
end

return http
