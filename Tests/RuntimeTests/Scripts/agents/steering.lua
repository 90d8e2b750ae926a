-- mock: answers.json
-- What is said to an agent that runs joins its conversation.
local waits, said = true, nil
local job = spawn {
  prompt = "a steered question", agent = "Explore",
  tools = { { name = "wait_for_it", description = "waits", fn = function() while waits do sleep(5) end return "ready" end } },
}
while status(job) ~= "running" or not read_output(job):find("wait_for_it") do sleep(5) end
assert(steer(job, "Look at the tests, too.") == true)
assert(job:steer("And be brief.") == true)
waits = false
local r = wait(job)
assert(r.success and r.output == "I was steered.", r.error)
local log = read_output(r.output_file)
assert(log:find("%[STEER%] Look at the tests, too%.") and log:find("be brief"), log)
assert(steer(job, "too late") == false)
