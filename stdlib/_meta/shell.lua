---@meta shell

---@class shell
local shell = {}

---@class shell.output.spec: task.spec
---@field trim? boolean (default: true)
---@field stderr? "keep"|"drop" (default: "keep")

---@param text string
---@return string
function shell.quote(text) end

---@param list (string|number)[]
---@return string
function shell.join(list) end

---@param command string|(string|number)[]
---@param spec? task.spec
---@return result
function shell.run(command, spec) end

---@param command string|(string|number)[]
---@param spec? shell.output.spec
---@return string? output nil if it failed
---@return result|string result or the problem, then the result
---@return result?
function shell.output(command, spec) end

---@param command string|(string|number)[]
---@param spec? task.spec
---@return boolean
---@return result
function shell.ok(command, spec) end

---@param program string
---@return string? path
function shell.which(program) end

return shell
