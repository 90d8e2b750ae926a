-- Where nobody can answer prompts, they fail at once, and are not tried again.
for _, simplify in ipairs { "do less", function(prompt) return prompt end } do
  local r = task { prompt = "do all", simplify = simplify, retries = 3, retry_on = { "provider_error", "empty_result" } }
  assert(r.reason == "no_provider" and r.attempts == 1)
end
local r = task("Explore", "look around", { gate = function() return true end, escalate = function() return "skip" end })
assert(r.reason == "no_provider")
