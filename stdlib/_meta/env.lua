---@meta env

---@class env
local env = {}

---@param name string
---@param default? string
---@return string?
function env.get(name, default) end

---@param name string
---@param purpose? string
---@return string
function env.require(name, purpose) end

---@param name string
---@param default? number
---@return number?
function env.number(name, default) end

---@param name string
---@param default? boolean
---@return boolean?
function env.flag(name, default) end

---@return table<string, string>
function env.all() end

return env
