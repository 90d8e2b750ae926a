-- mock: answers.json
-- expect-stderr: a mock answers for all models (AGENTSCRIPT_MOCK)
-- What an agent answers is its task's result, and what it took is counted.
local r = task { prompt = "a plain question", agent = "Explore", description = "plain" }
assert(r.success and r.status == "completed" and r.reason == "ok", r.error)
assert(r.output == "A plain answer.", r.output)
assert(r.agent == "Explore" and r.model:find("/"), r.model)
assert(r.usage.input_tokens == 100 and r.usage.output_tokens == 20)
assert(r.attempts == 1 and r.duration_ms >= 0)
local log = io.open(r.output_file):read("a")
assert(log:find("%[START%]") and log:find("%[AGENT%] Explore, ") and log:find("A plain answer%."), log)
assert(io.open((r.output_file:gsub("%.log$", ".md"))):read("a"):find("A plain answer%."))

-- Without a name an agent is chosen, and the record says which.
r = task { prompt = "a plain question about files: where is the main function?" }
assert(r.success and r.agent, r.error)
-- An agent that is not there.
r = task { prompt = "a plain question", agent = "Exlpore" }
assert(r.status == "failed" and r.error:find("did you mean 'Explore'?", 1, true), r.error)
-- A tool that is not there.
r = task { prompt = "a plain question", agent = "Explore", tools = { "raed" } }
assert(r.status == "failed" and r.error:find("did you mean 'read'?", 1, true), r.error)
-- A model that is not there.
r = task { prompt = "a plain question", model = "nobody/none" }
assert(r.status == "failed" and r.reason == "no_provider" and r.error:find("nobody/none", 1, true), r.error)

-- An answer without a word is no success; nor is a stream without its end, or a refused request.
r = task { prompt = "an empty question", agent = "Explore" }
assert(r.status == "failed" and r.reason == "empty_result", r.reason)
r = task { prompt = "a cut question", agent = "Explore" }
assert(r.status == "failed" and r.reason == "provider_error", r.reason)
r = task { prompt = "a broken question", agent = "Explore" }
assert(r.status == "failed" and r.reason == "provider_error" and not r.error:find("\27"), r.error)

-- A pause that a provider asks for is waited for, told, and no failure.
local heard
on("rate_limited", function(event) heard = event end)
r = task { prompt = "a limited question", agent = "Explore" }
assert(r.success and r.output == "At last." and r.attempts == 1, r.error)
assert(heard and heard.reason == "rate_limited" and heard["until"] and heard.id == r.id, heard and heard.reason)

-- In groups and in the background, like all tasks.
local group = task_group({
  { id = "one", prompt = "a plain question", agent = "Explore" },
  { id = "two", prompt = "a plain question", agent = "Plan", dependencies = { "one" } },
  { id = "three", command = "printf %s {{needs.two.output}}", dependencies = { "two" } },
})
assert(group.success and group.three.output == "A plain answer.", group.three.error)
assert(wait(spawn { prompt = "a plain question" }).output == "A plain answer.")
assert(task("Explore", "a plain question").output == "A plain answer.")
