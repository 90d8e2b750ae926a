--[[ patterns.persist: the three steps against doing the same thing again and again. Its manual is in patterns.lua. ]]
local host = require "agentscript.host"
local agentscript = require "agentscript"

local function misuse(message, ...) host.fail("patterns.persist: " .. message:format(...)) end

local known = { attempts = true, simpler = true, fallback = true, escalate = true }

local function check_step(name, step)
  local kind = type(step)
  if kind == "nil" or kind == "string" or kind == "table" or kind == "function" then return end
  misuse("%s must be a command, a table with fields of a task, or a function that returns one, not a %s", name, kind)
end

local function read(spec, policy)
  if type(spec) ~= "table" then misuse("the first argument must be the spec of a task, not a %s", type(spec)) end
  if policy == nil then policy = {} end
  if type(policy) ~= "table" then misuse("the policy must be a table, not a %s", type(policy)) end
  for key in pairs(policy) do
    if not known[key] then host.unknown_option("patterns.persist", tostring(key), known) end
  end
  if spec.retries ~= nil then misuse "the number of attempts belongs into the policy (attempts), not into the spec (retries)" end
  if spec.escalate ~= nil and policy.escalate ~= nil then misuse "escalate is given twice, in the spec and in the policy" end
  local attempts = policy.attempts
  if attempts == nil then attempts = (policy.simpler or policy.fallback) and 1 or 3 end
  if math.type(attempts) ~= "integer" or attempts < 1 or attempts > 1000 then
    misuse("attempts must be a whole number from 1 to 1000, not %s", tostring(attempts))
  end
  local escalate = policy.escalate
  if escalate == nil then escalate = spec.escalate end
  if escalate ~= nil and escalate ~= "ask" and type(escalate) ~= "function" then
    misuse("escalate must be a function (result, history), or \"ask\", not %s", tostring(escalate))
  end
  check_step("simpler", policy.simpler)
  check_step("fallback", policy.fallback)
  return policy, attempts, escalate
end

-- What a step does, as a table with fields of a task; nil to pass it over.
local function work_of(step, is_prompt, result, history)
  if type(step) == "function" then step = step(result, history) end
  if type(step) == "string" then return is_prompt and { prompt = step } or { command = step } end
  if type(step) == "table" and step[1] ~= nil then return { command = step } end
  return step
end

return function(spec, policy)
  local attempts, escalate
  policy, attempts, escalate = read(spec, policy)
  local is_prompt = spec.prompt ~= nil or spec.task ~= nil
  local steps, next_step, current = { { "simpler", policy.simpler }, { "fallback", policy.fallback } }, 1, "as_is"
  local fields = {}
  for key, value in pairs(spec) do fields[key] = value end
  fields.retries = attempts - 1
  fields.escalate = function(result, history)
    while next_step <= #steps do
      local name, step = steps[next_step][1], steps[next_step][2]
      next_step = next_step + 1
      local work = work_of(step, is_prompt, result, history)
      if work then
        current = name
        return work
      end
    end
    if not escalate then return nil end
    current = "escalated"
    if escalate == "ask" then escalate = require "agentscript.escalation" end
    return escalate(result, history)
  end
  local result = agentscript.task(fields)
  return result, current
end
