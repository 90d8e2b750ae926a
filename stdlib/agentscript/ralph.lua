--[[ patterns.ralph: the same step again and again until the work is done. Its manual is in patterns.lua. ]]
local host = require "agentscript.host"
local agentscript = require "agentscript"
local time = require "time"

local function misuse(message, ...) host.fail("patterns.ralph: " .. message:format(...)) end

local known = { step = true, done = true, ["until"] = true, promise = true, max_iterations = true, budget = true, delay = true }
local budgets = { duration = true, cost = true, iterations = true }

local function check_names(subject, options, names)
  if type(options) ~= "table" then misuse("%s must be a table, not a %s", subject, type(options)) end
  for key in pairs(options) do
    if not names[key] then host.unknown_option("patterns.ralph", tostring(key), names) end
  end
end

local function whole_number(name, value)
  if math.type(value) ~= "integer" or value < 1 then
    misuse("%s must be a whole number of at least 1, not %s", name, tostring(value))
  end
  return value
end

-- The options, checked, with their defaults.
local function read(options)
  check_names("the argument", options, known)
  local plan = { done = options.done or options["until"], promise = options.promise, step = options.step }
  if options.done and options["until"] then misuse "done and until mean the same; give one of them" end
  if type(plan.step) == "table" then
    local spec = plan.step
    plan.step = function() return agentscript.task(spec) end
  elseif type(plan.step) ~= "function" then
    misuse("step must be a function or the spec of a task, not a %s", type(plan.step))
  end
  if plan.done ~= nil and type(plan.done) ~= "function" then misuse("done must be a function, not a %s", type(plan.done)) end
  if plan.promise ~= nil and (type(plan.promise) ~= "string" or not plan.promise:find "%S") then
    misuse("promise must be a text, not %s", tostring(plan.promise))
  end
  if not plan.done and not plan.promise then misuse "it needs done (a function) or promise (a text), to know when to end" end
  local budget = options.budget or {}
  check_names("budget", budget, budgets)
  plan.limit = whole_number("max_iterations", options.max_iterations or 25)
  plan.limit_name = "max_iterations"
  if budget.iterations and whole_number("budget.iterations", budget.iterations) < plan.limit then
    plan.limit, plan.limit_name = budget.iterations, "iterations"
  end
  if budget.duration then plan.duration = host.milliseconds("patterns.ralph", "budget.duration", budget.duration) end
  if budget.cost ~= nil and (type(budget.cost) ~= "number" or budget.cost <= 0) then
    misuse("budget.cost must be a number above 0, not %s", tostring(budget.cost))
  end
  plan.cost = budget.cost
  plan.delay = options.delay and host.milliseconds("patterns.ralph", "delay", options.delay) or 0
  return plan
end

-- The pattern that finds <promise>TEXT</promise>, whatever white space is around and between the words.
local function promise_pattern(text)
  local words = {}
  for word in text:gmatch "%S+" do words[#words + 1] = word:gsub("%p", "%%%0") end
  return "<promise>%s*" .. table.concat(words, "%s+") .. "%s*</promise>"
end

-- A result holds an excerpt of what is long; then the job's file is looked through, piece by piece.
local function found_in_file(job, pattern, record)
  local rest, since = "", record.output_start
  while since < record.output_end do
    local text, after = agentscript.read_output(job, { since = since, max_bytes = math.min(1 << 20, record.output_end - since) })
    if not text or after <= since then return false end
    text = rest .. text
    if text:find(pattern) then return true end
    rest, since = text:sub(-4096), after
  end
  return false
end

local function is_result(value) return type(value) == "table" and type(value.job) == "string" end

local function keeps_promise(value, pattern)
  if type(value) == "string" then return value:find(pattern) ~= nil end
  if type(value) ~= "table" or value.success == false or type(value.output) ~= "string" then return false end
  if value.output:find(pattern) then return true end
  if not is_result(value) then return false end
  local _, record = agentscript.status(value.job)
  if not record or not record.output_start or not record.output_end then return false end
  return record.output_end - record.output_start > #value.output and found_in_file(value.job, pattern, record)
end

local function cost_of(value)
  local usage = type(value) == "table" and value.usage
  return type(usage) == "table" and tonumber(usage.cost) or 0
end

local sentences = {
  max_iterations = "not done after iteration %d, the last one allowed",
  iterations = "not done after iteration %d, the last one of the budget",
  duration = "not done when the budget's time was used up, in iteration %d",
  cost = "not done when the budget's cost was used up, after iteration %d",
}

return function(options)
  local plan = read(options)
  local pattern = plan.promise and promise_pattern(plan.promise)
  local began = time.monotonic()
  local state = { iterations = 0, cost = 0 }

  -- Goes on until it knows why to end.
  local function loop()
    while true do
      state.iterations = state.iterations + 1
      state.last = plan.step(state.iterations, state.last)
      state.cost = state.cost + cost_of(state.last)
      if plan.done and plan.done(state.last, state.iterations) then return options.done and "done" or "until" end
      if pattern and keeps_promise(state.last, pattern) then return "promise" end
      if state.iterations >= plan.limit then return plan.limit_name end
      if plan.cost and state.cost >= plan.cost then return "cost" end
      if plan.delay > 0 then agentscript.sleep(plan.delay) end
    end
  end

  local why
  if plan.duration then
    why = agentscript.timeout(plan.duration, loop) or "duration"
  else
    why = loop()
  end
  local problem = sentences[why] and sentences[why]:format(state.iterations)
  return {
    success = problem == nil, why = why, error = problem, iterations = state.iterations, last = state.last,
    cost = state.cost, duration_ms = math.floor(time.monotonic() - began),
  }
end
