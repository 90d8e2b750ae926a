---@meta patterns

---@class patterns
local patterns = {}

---@class patterns.spec: task.spec
---@field wait_timeout? duration

---@alias patterns.work string|(string|number)[]|patterns.spec|fun(): any

---@param x string|job|result
---@param timeout? duration (default: "5m")
---@return result|{success: false, error: string, reason?: string}
function patterns.wait_for_completion(x, timeout) end

---@param description string
---@param work patterns.work
---@param spec? patterns.spec
---@return result
function patterns.run_background_task(description, work, spec) end

---@param description string
---@param work patterns.work
---@param spec? patterns.spec
---@return result|{success: false, error: string}
function patterns.robust_background_task(description, work, spec) end

---@param results (result|{success: boolean})[]|group.results
---@return boolean
---@return result[] failed
function patterns.all_passed(results) end

return patterns
