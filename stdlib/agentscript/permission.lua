--[[ An agent wants to do what nobody has allowed or forbidden: a person decides. ]]
local agentscript = require "agentscript"

local options = { "Allow", "Deny", "End the agent" }
local answers = { [options[1]] = "allow", [options[2]] = "deny", [options[3]] = "end" }

return function(_, question, parks)
  local answer = agentscript.ask { question = question, options = options, park = parks }
  return answers[answer] or "deny"
end
