--[[ escalate = "ask": a person decides what becomes of a task whose attempts have all failed. ]]
local agentscript = require "agentscript"
local format, concat = string.format, table.concat

local options = { "Retry", "Skip and continue", "Give up" }
local decisions = { ["Retry"] = "retry", ["Skip and continue"] = "skip", ["Give up"] = "give_up" }

return function(result, history)
  local ask = agentscript.ask
  if not ask then error('escalate = "ask": this version of agentscript has no ask; give a function', 0) end
  local lines = {}
  for index, attempt in ipairs(history) do
    lines[index] = format("  attempt %d: %s", attempt.attempt, attempt.error or attempt.reason)
  end
  local answer = ask {
    question = format("'%s' has failed %s. What now?\n%s", result.name or result.id,
      #history == 1 and "once" or #history .. " times", concat(lines, "\n")),
    options = options,
  }
  return decisions[answer] or "skip"
end
