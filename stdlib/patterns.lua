--[[ patterns: the documented ways to work with background tasks, as functions.

  local patterns = require "patterns"
  local function run(description, command)
    return function() return patterns.run_background_task(description, command) end
  end
  local checks = parallel { run("lint", "make lint"), run("test", "make test") }
  if not patterns.all_passed(checks) then return { success = false, stage = "validation" } end

FUNCTIONS
  patterns.wait_for_completion(x [, timeout])
      waits for the task whose output file is x (or the job, or the id, x) and returns its result. After `timeout`
      (default "5m") the task goes on, and {success = false, error = "Timeout", reason = "timeout"} is returned; likewise
      {success = false, error = ...} for a file that belongs to no task. How a task ended is read from its record: what
      it printed decides nothing. (It is the global of the same name.)
  patterns.run_background_task(description, work [, spec])
      starts the task in the background, waits for it and returns its result. Other coroutines go on meanwhile. work: a
      command (a string or a list of words), a Lua function, or a table with fields of a task (prompt, agent, ...). spec:
      further fields. One more field is taken from either: wait_timeout, for wait_for_completion (default: no limit
      beside the task's own timeout).
  patterns.robust_background_task(description, work [, spec])
      the same, but whatever goes wrong, misuse included, becomes {success = false, error = message} and a line of log.
  patterns.all_passed(results)
      whether every one of the results (a list, or what task_group or parallel returned) has success; and the list of
      those that have not. An empty list has passed.

ERRORS  Arguments of the wrong kind are errors at the caller (but in robust_background_task).
]]
local patterns = {}

local agentscript = require "agentscript"
local arguments = require "agentscript.arguments"
local check = arguments.check

function patterns.wait_for_completion(x, timeout)
  local result = agentscript.wait_for_completion(x, timeout)
  return result
end

--- The fields of `work` and `spec` in one new table.
local function merged(description, work, spec)
  local fields = { description = description }
  local is_spec = type(work) == "table" and work[1] == nil
  if is_spec then
    for key, value in next, work do fields[key] = value end
  elseif type(work) == "function" then
    fields.fn = work
  else
    fields.command = work
  end
  for key, value in next, spec or {} do fields[key] = value end
  local timeout = fields.wait_timeout
  fields.wait_timeout, fields.run_in_background = nil, true
  return fields, timeout
end

function patterns.run_background_task(description, work, spec)
  check("patterns.run_background_task", 1, "description", description, "string")
  check("patterns.run_background_task", 2, "work", work, "string table function")
  check("patterns.run_background_task", 3, "spec", spec, "table nil")
  local fields, timeout = merged(description, work, spec)
  local job = agentscript.task(fields)
  if timeout == nil then return (agentscript.wait(job)) end
  return (agentscript.wait_for_completion(job, timeout))
end

function patterns.robust_background_task(description, work, spec)
  local ok, result = pcall(patterns.run_background_task, description, work, spec)
  if ok then return result end
  local message = tostring(result)
  require("log").error("Background task failed: " .. tostring(description) .. ": " .. message)
  return { success = false, error = message }
end

function patterns.all_passed(results)
  check("patterns.all_passed", 1, "results", results, "table userdata")
  local failed = {}
  for i = 1, results.n or #results do
    local result = results[i]
    if not result or not result.success then failed[#failed + 1] = result or { success = false, error = "no result" } end
  end
  return #failed == 0, failed
end

return patterns
