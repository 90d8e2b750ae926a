--[[ The combinators of the script API: structured concurrency over Lua functions, on the few primitives of the host.

A scope is one group of branches. `scope:branch(fn [, deadline])` starts one, `scope:next()` tells of the next that ended
(index, then "ok", "error" with the error, "timeout", or "cancelled" with the reason), and closing it cancels what still
runs and waits for its end. A branch's values stay in Lua: they are the same tables that the branch returned.

This file is loaded at the first use of one of its functions. It uses locals only: a script may assign to any global name.
]]
local host = require "agentscript.host"
local pack, unpack, error, type, ipairs, pairs, setmetatable, getmetatable, xpcall, tostring, rawequal, select =
  table.pack, table.unpack, error, type, ipairs, pairs, setmetatable, getmetatable, xpcall, tostring, rawequal, select
local random, min = math.random, math.min
local api = {}

-- Raises `message` at the script's own line.
local function misuse(message, ...) host.fail(select("#", ...) > 0 and message:format(...) or message) end

local function check_options(name, options, known)
  if options == nil then return {} end
  if type(options) ~= "table" then misuse("%s: the options must be a table, not a %s", name, type(options)) end
  for key in pairs(options) do
    if not known[key] then host.unknown_option(name, tostring(key), known) end
  end
  return options
end

-- What a list may hold: functions, and specs of tasks.
local function as_function(name, index, item)
  if type(item) == "function" then return item end
  if type(item) == "table" and getmetatable(item) == nil then
    return function() return host.task(item) end
  end
  misuse("%s: entry %d must be a function or the spec of a task, not a %s", name, index, type(item))
end

local function check_list(name, list)
  if type(list) ~= "table" then misuse("%s: the first argument must be a list, not a %s", name, type(list)) end
  local functions = { n = list.n or #list }
  for index = 1, functions.n do functions[index] = as_function(name, index, list[index]) end
  return functions
end

local function reason_of(status, value)
  if status == "timeout" then return "timeout" end
  if status == "cancelled" then return "cancelled: " .. tostring(value) end
  return value
end

-- Starts branches up to `limit` at a time and calls `ended(index, status, value)` for each; `ended` returns true to stop.
local function run_branches(count, make, limit, ended)
  local scope <close> = host.scope()
  local numbers, started, running = {}, 0, 0
  local function start()
    started = started + 1
    numbers[scope:branch(make(started))] = started
    running = running + 1
  end
  while started < count and running < limit do start() end
  while running > 0 do
    local branch, status, value = scope:next()
    running = running - 1
    if ended(numbers[branch], status, value) then return end
    if started < count then start() end
  end
end

local function limit_of(name, options)
  local limit = options.max_concurrency
  if limit == nil then return math.maxinteger end
  if math.type(limit) ~= "integer" or limit < 1 then
    misuse("%s: max_concurrency must be a whole number of at least 1, not %s", name, tostring(limit))
  end
  return limit
end

-- Runs all of them and returns their values in order, or a list of {success, value, error} with `settle`.
local function run_all(count, make, options, name)
  local results, failure = { n = count }, nil
  local settle = options.settle
  run_branches(count, function(index)
    local body = make(index)
    return function()
      local values = pack(body())
      results[index] = settle and { success = true, value = values[1], n = values.n } or values[1]
    end
  end, limit_of(name, options), function(index, status, value)
    if status == "ok" then return false end
    if settle then
      results[index] = { success = false, error = reason_of(status, value) }
      return false
    end
    failure = { reason_of(status, value) }
    return true
  end)
  if failure then error(failure[1], 0) end
  return results
end

--- parallel(list [, {settle, max_concurrency}]): runs functions (or specs of tasks) side by side.
function api.parallel(list, options)
  options = check_options("parallel", options, { settle = true, max_concurrency = true })
  local functions = check_list("parallel", list)
  return run_all(functions.n, function(index) return functions[index] end, options, "parallel")
end

-- A race that a gate decides: each alternative is a job, and the first that succeeds and passes wins.
local function race_of_jobs(list, gate)
  local lost, jobs = "another alternative won", {}
  local guard <close> = setmetatable({}, { __close = function() host.cancel(jobs, lost) end })
  for index = 1, #list do
    local spec = type(list[index]) == "function" and { fn = list[index] } or {}
    if not spec.fn then
      for name, value in pairs(list[index]) do spec[name] = value end
    end
    if spec.gate == nil then spec.gate = gate end
    jobs[index] = host.spawn(spec)
  end
  local results = {}
  for result, index in api.as_completed(jobs) do
    results[index] = result
    if result.success then
      host.cancel(jobs, lost)
      host.wait(jobs)
      return result, index
    end
  end
  return nil, results
end

--- race(list [, {settle, gate}]): the values of the first that returns; the others are cancelled. With `settle`, failures
--- are passed over until all have failed. The last value is the winner's index. With `gate`, the first whose result
--- succeeds and passes it; or nil and all results.
function api.race(list, options)
  options = check_options("race", options, { settle = true, gate = true })
  local functions = check_list("race", list)
  if functions.n == 0 then misuse("race: the list is empty: nobody can win") end
  if options.gate ~= nil then return race_of_jobs(list, options.gate) end
  local winner, values, failure
  run_branches(functions.n, function(index)
    return function()
      local mine = pack(functions[index]())
      if not winner then winner, values = index, mine end
    end
  end, math.maxinteger, function(_, status, value)
    if winner then return true end
    if status ~= "ok" then failure = failure or { reason_of(status, value) } end
    return failure and not options.settle
  end)
  if not winner then error(failure[1], 0) end
  values.n = values.n + 1
  values[values.n] = winner
  return unpack(values, 1, values.n)
end

--- pipeline(items, stage… [, {settle, max_concurrency}]): each item goes through all stages; the items side by side.
--- A stage gets the value of the one before, the item and its index.
function api.pipeline(items, ...)
  if type(items) ~= "table" then misuse("pipeline: the first argument must be a list, not a %s", type(items)) end
  local stages, options = pack(...), nil
  if type(stages[stages.n]) == "table" then
    options = stages[stages.n]
    stages.n = stages.n - 1
  end
  options = check_options("pipeline", options, { settle = true, max_concurrency = true })
  if stages.n == 0 then misuse("pipeline: it needs at least one stage, a function") end
  for index = 1, stages.n do
    if type(stages[index]) ~= "function" then
      misuse("pipeline: stage %d must be a function, not a %s", index, type(stages[index]))
    end
  end
  return run_all(#items, function(index)
    return function()
      local value = items[index]
      for stage = 1, stages.n do value = stages[stage](value, items[index], index) end
      return value
    end
  end, options, "pipeline")
end

--- timeout(d, fn, …): the values of fn, or nil, "timeout" once the time is up; then all that it started is cancelled.
function api.timeout(duration, fn, ...)
  if type(fn) ~= "function" then misuse("timeout: the second argument must be a function, not a %s", type(fn)) end
  if duration == nil then misuse("timeout: the first argument must be a duration, not nil") end
  local arguments, values = pack(...), nil
  local scope <close> = host.scope()
  scope:branch(function() values = pack(fn(unpack(arguments, 1, arguments.n))) end, duration)
  local _, status, value = scope:next()
  if status == "ok" then return unpack(values, 1, values.n) end
  if status == "timeout" then return nil, "timeout" end
  error(reason_of(status, value), 0)
end

local retry_options = { attempts = true, delay = true, backoff = true, max_delay = true, jitter = true, retry_if = true }

local function number_option(name, value, default, least)
  if value == nil then return default end
  if type(value) ~= "number" or value < least then
    misuse("retry: %s must be a number of at least %s, not %s", name, least, tostring(value))
  end
  return value
end

local function is_failure(values) return type(values[1]) == "table" and rawequal(values[1].success, false) end

--- retry({attempts, delay, backoff, max_delay, jitter, retry_if}, fn): calls fn(attempt) until it neither raises nor
--- returns a table whose success is false. Then its values; after the last attempt the last error or values.
function api.retry(options, fn)
  if type(options) == "number" then options = { attempts = options } end
  options = check_options("retry", options, retry_options)
  if type(fn) ~= "function" then misuse("retry: the second argument must be a function, not a %s", type(fn)) end
  local attempts = number_option("attempts", options.attempts, 3, 1)
  local delay = host.milliseconds("retry", "delay", options.delay or "1s")
  local longest = host.milliseconds("retry", "max_delay", options.max_delay or "2m")
  local backoff = number_option("backoff", options.backoff, 2, 1)
  local jitter = options.jitter == true and 1 or number_option("jitter", options.jitter or 0, 0, 0)
  for attempt = 1, attempts do
    local values = pack(xpcall(fn, function(e) return { error = e } end, attempt))
    local ok = values[1]
    local problem = ok and values[2] or values[2].error
    values = pack(unpack(values, 2, values.n))
    local failed = not ok or is_failure(values)
    if not failed then return unpack(values, 1, values.n) end
    if attempt == attempts or (options.retry_if and not options.retry_if(problem, attempt)) then
      if ok then return unpack(values, 1, values.n) end
      error(problem, 0)
    end
    local pause = min(delay, longest)
    host.sleep(pause * (1 - jitter * random() * 0.5))
    delay = delay * backoff
  end
end

-- What async returns.
local Async = {}
Async.__index = Async
Async.__name = "async task"
Async.__close = function(self) self:cancel("its variable went out of scope") end
Async.__tostring = function(self) return tostring(self.task) .. " (" .. self:status() .. ")" end

local function settle_async(self, status, value, note)
  if status == nil then return nil, value end  -- the wait's own timeout
  if status == "ok" then return unpack(self.values, 1, self.values.n) end
  error(reason_of(status, value), 0)
end

--- task:wait([timeout]): its values; raises its error; nil, "timeout" while it goes on.
function Async:wait(timeout) return settle_async(self, self.task:join(timeout)) end
function Async:cancel(reason) self.task:cancel(reason) end
function Async:status() return self.task:status() end

--- async(fn, …): starts a function as a child of the calling task, which waits for it at its end.
function api.async(fn, ...)
  if type(fn) ~= "function" then misuse("async: the first argument must be a function, not a %s", type(fn)) end
  local self, arguments = setmetatable({}, Async), pack(...)
  self.task = host.async_start(function() self.values = pack(fn(unpack(arguments, 1, arguments.n))) end)
  return self
end

--- wait(x [, timeout])
function api.wait(x, timeout)
  if getmetatable(x) == Async then return x:wait(timeout) end
  if type(x) == "table" and getmetatable(x[1]) == Async then
    local results, deadline = { n = #x }, timeout and host.deadline(timeout)
    for index, task in ipairs(x) do
      local left
      if deadline then left = host.left(deadline) end
      local value, why = api.wait(task, left)
      if why == "timeout" and value == nil and task.status and task:status() == "running" then return nil, "timeout" end
      results[index] = value
    end
    return results
  end
  return host.wait(x, timeout)
end

--- as_completed(list): for result, index in as_completed{...}, in the order of ending.
function api.as_completed(list)
  local queue = host.completions(list)
  return function() return queue:next() end
end

--- read_output(x [, options]); with `follow` an iterator over what is added, until the job has ended.
function api.read_output(x, options)
  if type(options) ~= "table" or not options.follow then return host.read_output(x, options) end
  local stream, problem = host.read_output(x, options)
  if not stream then return nil, problem end
  return function()
    while true do
      local chunk = host.next_chunk(stream)
      if chunk == nil then return nil end
      if chunk ~= "" and chunk ~= false then return chunk end
    end
  end
end

--- wait_for_completion(output_file or job [, timeout]): the documented pattern's helper.
--- A time-out is a result here, and the job goes on.
function api.wait_for_completion(x, timeout)
  local result = host.wait_for_completion(x, timeout)
  return result or { success = false, status = "running", reason = "timeout", error = "Timeout" }
end

return api
