-- Questions that nobody answers: by their default, by nothing, or not at all; and others go on meanwhile.
local json, fs = require "json", require "fs"

local answer, how, by = ask { question = "Deploy?", options = { "yes", "no" }, default = "no", timeout = "150ms" }
assert(answer == "no" and how == "default" and by == "timeout", tostring(how))

answer, how = ask { question = "Anybody there?", timeout = 100 }
assert(answer == nil and how == "timeout", tostring(how))

-- What is not blocking does not hold up a run in which nothing else goes on.
answer, how, by = ask { question = "Colour?", default = "blue", blocking = false }
assert(answer == "blue" and how == "default" and by == "unanswered")
assert(select(2, ask { question = "Colour?", blocking = false }) == "unanswered")

-- Others go on while one waits.
local steps = 0
parallel {
  function() assert(ask { question = "Slow?", default = "d", timeout = "300ms" } == "d") end,
  function()
    for _ = 1, 5 do
      steps = steps + 1
      sleep(10)
    end
  end,
}
assert(steps == 5)

-- A question whose asker is not needed any more is withdrawn.
local won = race {
  function() return ask { question = "Never answered" } end,
  function()
    sleep(50)
    return "quick"
  end,
}
assert(won == "quick")
local value, why = timeout("50ms", function() return ask "Too late?" end)
assert(value == nil and why == "timeout")

-- A function that asks is a job like another.
local r = task { name = "careful", fn = function() return (ask { question = "Sure?", default = "yes", timeout = 50 }) end }
assert(r.success and r.output == "yes")

-- All of it can be read, within about a second.
local shown
for _ = 1, 300 do
  shown = json.decode(fs.read(run.dir .. "/decisions.json") or '{"resolved": []}')
  if #shown.resolved == 8 and #shown.pending == 0 then break end
  sleep "50ms"
end
assert(#shown.pending == 0 and #shown.resolved == 8, #shown.resolved)
local first = shown.resolved[1]
assert(first.question == "Deploy?" and first.options[2] == "no" and first.answer == "no" and first.status == "default")
assert(shown.resolved[6].status == "withdrawn" and shown.resolved[6].answer == nil)
assert(shown.resolved[8].job == r.job and shown.resolved[1].origin:find "defaults_and_races.lua")
