---@meta http

---Requests over http and https. What keeps an answer from coming is nil, a sentence and one word for code.
---@class http
local http = {}

---@alias http.problem "dns"|"connect"|"tls"|"timeout"|"too_large"|"connection_lost"|"protocol"|"redirect"|"bad_url"|"bad_request"|"cancelled"|"no_library"

---@class http.options
---@field headers? table<string, string|number|(string|number)[]>
---@field query? table<string, string|number|boolean|(string|number)[]>
---@field body? string
---@field json? any sent as JSON
---@field timeout? duration for all of it (default: "5m")
---@field connect_timeout? duration (default: "15s")
---@field idle_timeout? duration between two pieces of the body (default: "2m")
---@field max_bytes? integer of the body (default: 64 MiB)
---@field follow? boolean|integer redirects to follow; true is 10 (default: none)
---@field stream? boolean return with the head, and read the body piece by piece

---@class http.request: http.options
---@field url string
---@field method? string (default: "GET")

---@class http.answer
---@field status integer
---@field ok boolean whether the status is from 200 to 299
---@field headers table<string, string> by name, whatever its case
---@field body? string not with stream
---@field url string where it came from, after redirects
---@field version string "1.1" or "2"
---@field json fun(): any, string?, http.problem? the body as a value, or nil and why it is none
---@field read? fun(): string?, string?, http.problem? with stream: the next piece
---@field chunks? fun(): (fun(): string?) with stream: iterates over pieces
---@field lines? fun(): (fun(): string?) with stream: iterates over lines
---@field close? fun() with stream: ends it early

---@param options http.request
---@return http.answer?
---@return string? problem
---@return http.problem? word
function http.request(options) end

---@param url string
---@param options? http.options
---@return http.answer?
---@return string? problem
---@return http.problem? word
function http.get(url, options) end

---@param url string
---@param body? string|table a table is sent as JSON
---@param options? http.options
---@return http.answer?
---@return string? problem
---@return http.problem? word
function http.post(url, body, options) end

---@param text string
---@return string
function http.escape(text) end

---@param parameters table<string, string|number|boolean|(string|number)[]>
---@return string
function http.query(parameters) end

return http
