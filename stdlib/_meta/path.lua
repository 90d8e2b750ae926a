---@meta path

---@class path
local path = {}

---@param ... string
---@return string
function path.join(...) end

---@param p string
---@return string
function path.dirname(p) end

---@param p string
---@param suffix? string
---@return string
function path.basename(p, suffix) end

---@param p string
---@return string
function path.stem(p) end

---@param p string
---@return string extension with its point, or ""
function path.ext(p) end

---@param p string
---@param ext string with its point, or ""
---@return string
function path.with_ext(p, ext) end

---@param p string
---@return string[]
function path.split(p) end

---@param p string
---@return string
function path.normalize(p) end

---@param p string
---@return boolean
function path.is_absolute(p) end

---@param p string
---@param base? string
---@return string
function path.absolute(p, base) end

---@param p string
---@param base? string
---@return string
function path.relative(p, base) end

---@param p string
---@return string
function path.expand(p) end

---@param p string
---@param folder string
---@return boolean
function path.is_inside(p, folder) end

return path
