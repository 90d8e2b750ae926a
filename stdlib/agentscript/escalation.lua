--[[ escalate = "ask": a person decides what becomes of a task whose attempts have all failed. ]]
local agentscript = require "agentscript"

local options = { "Retry", "Skip and continue", "Give up" }
local decisions = { [options[1]] = "retry", [options[2]] = "skip", [options[3]] = "give_up" }

return function(result, history)
  local times = #history == 1 and "once" or history[#history].attempt .. " times"
  local answer = agentscript.ask {
    question = ("Task %s has failed %s, the last time with: %s. How to proceed?"):format(
      result.name or result.id, times, result.error or result.reason),
    options = options,
    blocking = { result.id },
  }
  return decisions[answer] or "skip"
end
