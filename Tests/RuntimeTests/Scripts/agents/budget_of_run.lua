-- mock: answers.json
-- options: --budget 150tokens
-- A run's budget stops new work before it is exceeded.
local r = task { prompt = "a plain question", agent = "Explore" }
local s = task { prompt = "a plain question", agent = "Explore" }
assert(not (r.success and s.success), "both were paid for")
assert(s.reason == "budget", s.reason)
