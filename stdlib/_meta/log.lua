---@meta log

---@class log
---@overload fun(...: any)
local log = {}

---@alias log.name "debug"|"info"|"warn"|"error"|"off"

---@param ... any
function log.debug(...) end

---@param ... any
function log.info(...) end

---@param ... any
function log.warn(...) end

---@param ... any
function log.error(...) end

---@param name? log.name
---@return log.name
function log.level(name) end

---@param name log.name
---@return boolean
function log.enabled(name) end

return log
