---@meta json

---@class json
local json = {}

---What null becomes; a value of its own, true in a condition.
json.null = {}

---@param text string
---@param options? {max_depth?: integer}
---@return any value raises an error with line and column if the text is not JSON
function json.decode(text, options) end

---@param text string
---@param options? {max_depth?: integer}
---@return any value nil if the text is not JSON
---@return string? problem
function json.try_decode(text, options) end

---@param value any
---@param options? {pretty?: boolean, indent?: integer|string, sort_keys?: boolean, max_depth?: integer}
---@return string
function json.encode(value, options) end

---Marks a table as an array, so that it stays one when it is empty.
---@generic T
---@param t? T[]
---@return T[]
function json.array(t) end

---@param t any
---@return boolean
function json.is_array(t) end

return json
