-- mock: answers.json
-- Each limit ends an agent under its own name.
local r = task { prompt = "an endless question", agent = "Explore", max_turns = 3 }
assert(r.status == "failed" and r.reason == "max_turns" and r.usage.output_tokens == 30, r.reason .. tostring(r.error))
r = task { prompt = "an endless question", agent = "Explore", max_tokens = 100 }
assert(r.status == "failed" and r.reason == "budget", r.reason)
r = task { prompt = "a slow question", agent = "Explore", timeout = "300ms" }
assert(r.status == "timed_out" and r.reason == "timeout" and r.error:find("I begin"), r.error)
r = task { prompt = "a slow question", agent = "Explore", idle_timeout = "300ms" }
assert(r.status == "timed_out" and r.reason == "idle_timeout", r.reason)

-- Cancelled in the middle of a turn.
local job = spawn { prompt = "a slow question", agent = "Explore" }
while not (read_output(job) or ""):find("I begin") do sleep(10) end
job:cancel("enough")
r = wait(job)
assert(r.status == "cancelled" and r.error:find("enough"), r.error)

-- Money: a group's budget and the run's account.
local spent, tokens = budget.spent()
assert(tokens > 0 and budget.total == nil and budget.remaining() == nil)
local group = task_group({ { id = "a", prompt = "a plain question", agent = "Explore" } }, { budget = { tokens = 50 } })
assert(group.a.status == "failed" and group.a.reason == "budget", group.a.reason)

-- Structured answers: asked again until they fit, and not for ever.
local schema = { type = "object", properties = { colour = { type = "string" } }, required = { "colour" } }
r = task { prompt = "a structured question", agent = "Explore", schema = schema }
assert(r.success and r.data.colour == "blue", r.error)
r = task { prompt = "never structured", agent = "Explore", schema = schema }
assert(r.status == "failed" and r.reason == "schema_invalid", r.reason)

-- A simpler prompt for another attempt.
r = task { prompt = "a hard question", agent = "Explore", retries = 1, simplify = function(prompt)
  return (prompt:gsub("hard", "easy"))
end }
assert(r.success and r.output == "Easy.", r.error)
-- A gate is asked about an agent's answer as about any.
r = task { prompt = "a plain question", agent = "Explore", gate = function(result) return result.output:find("fancy") end }
assert(r.status == "failed" and r.reason == "gate_failed")
