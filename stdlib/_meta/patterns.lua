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

---@param specs group.task[]
---@param options? group.options
---@param overrides? group.retry
---@return group.results
---@return string? why it fell back
function patterns.sequential_fallback(specs, options, overrides) end

---What a step of patterns.checkpoint keeps of a feature; fields of its own may be added.
---@class patterns.feature
---@field status "pending"|"in_progress"|"complete"|"failed"
---@field attempts? integer
---@field started_at? string
---@field completed_at? string
---@field duration_ms? integer
---@field error? string
---@field [string] any

---@class patterns.checkpoint.options
---@field file string
---@field features? (string|table)[]|table<string, table> default: what is in the file
---@field items? (string|table)[]|table<string, table> the same as features
---@field step fun(name: string, item: any, feature: patterns.feature, save: fun()): any
---@field max_concurrency? integer (default: 1)
---@field fail_fast? boolean (default: false)

---@class patterns.checkpoint.outcome
---@field success boolean
---@field completed string[]
---@field reused string[]
---@field failed { name: string, error: string }[]
---@field completion { features: table<string, patterns.feature> }

---@param options patterns.checkpoint.options
---@return patterns.checkpoint.outcome
function patterns.checkpoint(options) end

---@class patterns.ralph.options
---@field step task.spec|fun(i: integer, last: any): any
---@field done? fun(last: any, i: integer): boolean? the same as ["until"]
---@field promise? string
---@field max_iterations? integer (default: 25)
---@field budget? { duration?: duration, cost?: number, iterations?: integer }
---@field delay? duration

---@class patterns.ralph.outcome
---@field success boolean
---@field why "done"|"until"|"promise"|"max_iterations"|"iterations"|"duration"|"cost"
---@field error? string
---@field iterations integer
---@field last any
---@field cost number
---@field duration_ms integer

---@param options patterns.ralph.options
---@return patterns.ralph.outcome
function patterns.ralph(options) end

---@alias patterns.step string|string[]|table|fun(result: result, history: attempt[]): string|table|nil

---@class patterns.persist.policy
---@field attempts? integer (default: 1; without simpler and fallback 3)
---@field simpler? patterns.step
---@field fallback? patterns.step
---@field escalate? "ask"|escalation

---@param spec task.spec
---@param policy? patterns.persist.policy
---@return result result
---@return "as_is"|"simpler"|"fallback"|"escalated" step
function patterns.persist(spec, policy) end

---@class patterns.batch.options
---@field size? integer
---@field max_concurrency? integer (default: 10)
---@field on_result? fun(value: any, item: any, index: integer)
---@field keep? boolean (default: false)
---@field fail_fast? boolean (default: false)

---@class patterns.batch.summary
---@field success boolean
---@field total integer
---@field succeeded integer
---@field failed integer
---@field failures { index: integer, item: any, error: string }[] the first hundred
---@field results? any[]
---@field duration_ms integer

---@param items any[]|fun(): any
---@param work task.spec|fun(item: any, index: integer): any
---@param options? patterns.batch.options
---@return patterns.batch.summary
function patterns.batch(items, work, options) end

return patterns
