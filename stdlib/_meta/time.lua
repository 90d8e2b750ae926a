---@meta time

---@class time
local time = {}

---@return integer ms since 1970 UTC
function time.now() end

---@return number ms of a clock that only goes forward
function time.monotonic() end

---@param ms? number
---@return string
function time.iso(ms) end

---@param text string
---@return integer? ms
---@return string? problem
function time.parse_iso(text) end

---@param d duration
---@return number? ms
---@return string? problem
function time.parse_duration(d) end

---@param ms number
---@return string
function time.format_duration(ms) end

---@param fn fun(...): any
---@param ... any
---@return number ms
---@return any ... what fn returned
function time.measure(fn, ...) end

return time
