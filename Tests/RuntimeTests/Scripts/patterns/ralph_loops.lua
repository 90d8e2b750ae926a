-- patterns.ralph: again and again, until it is done or a bound is reached; and it says which.
local fs, patterns = require "fs", require "patterns"

-- A step that is a task, and a promise in its output.
local outcome = patterns.ralph {
  step = { command = "echo x >> steps; test $(wc -l < steps) -lt 3 || echo '<promise>ALL  DONE</promise>'" },
  promise = "ALL DONE",
}
assert(outcome.success and outcome.why == "promise" and outcome.iterations == 3 and outcome.last.success)
assert(fs.read "steps" == "x\nx\nx\n" and outcome.error == nil)

-- The promise may stand anywhere in a long output.
outcome = patterns.ralph {
  step = { command = "seq 1 30000; printf '<promise>\nA.B\n</promise>'; seq 1 30000" }, promise = "A.B", max_iterations = 2,
}
assert(outcome.why == "promise" and outcome.iterations == 1 and not outcome.last.output:find "promise")
-- It is a text, no pattern; and another promise is none.
outcome = patterns.ralph { step = function() return "<promise>AxB</promise>" end, promise = "A.B", max_iterations = 2 }
assert(outcome.why == "max_iterations" and outcome.success == false and outcome.error:find "2")
-- A failed step's promise does not count, nor does what is only in the task's description.
outcome = patterns.ralph {
  step = { description = "say <promise>X</promise>", command = "echo '<promise>X</promise>'; exit 1" },
  promise = "X", max_iterations = 2,
}
assert(outcome.why == "max_iterations" and outcome.last.exit_code == 1)
outcome = patterns.ralph { step = { description = "say <promise>X</promise>", command = "true" }, promise = "X", max_iterations = 1 }
assert(outcome.why == "max_iterations")

-- A function as step gets what the one before returned; done decides.
outcome = patterns.ralph {
  step = function(i, last) return (last or 0) + i end,
  done = function(last, i) return last == 6 and i == 3 end,
}
assert(outcome.success and outcome.why == "done" and outcome.last == 6)
assert(patterns.ralph({ step = function() end, ["until"] = function() return true end }).why == "until")
-- Both may be given: whichever comes first.
assert(patterns.ralph({ step = function() return "<promise>P</promise>" end, promise = "P", done = function() end }).why == "promise")

-- Bounds.
local count = 0
outcome = patterns.ralph { step = function() count = count + 1 end, done = function() return false end }
assert(count == 25 and outcome.iterations == 25 and outcome.why == "max_iterations" and not outcome.success)
outcome = patterns.ralph { step = function() end, done = function() end, budget = { iterations = 4 } }
assert(outcome.why == "iterations" and outcome.iterations == 4)
outcome = patterns.ralph { step = { command = "sleep 60" }, promise = "X", budget = { duration = "300ms" } }
assert(outcome.why == "duration" and outcome.iterations == 1 and outcome.error:find "time" and outcome.duration_ms >= 300)
assert(#jobs { status = "running" } == 0, "the step that ran is over")
outcome = patterns.ralph {
  step = function() return { usage = { cost = 0.4 } } end, done = function() end, budget = { cost = 1 },
}
assert(outcome.why == "cost" and outcome.iterations == 3 and outcome.cost > 1.19)

-- What a step raises comes out.
local ok, problem = pcall(patterns.ralph, { step = function() error("broken", 0) end, promise = "X" })
assert(not ok and problem == "broken")

local function misuse(options, ...)
  ok, problem = pcall(patterns.ralph, options)
  for _, text in ipairs { "ralph_loops.lua:", ... } do assert(not ok and tostring(problem):find(text, 1, true), problem) end
end
misuse(5, "table")
misuse({ step = print }, "done", "promise")
misuse({ promise = "X" }, "step")
misuse({ step = print, promise = " " }, "promise")
misuse({ step = print, promise = "X", max_iteration = 3 }, "did you mean 'max_iterations'?")
misuse({ step = print, promise = "X", max_iterations = 0 }, "max_iterations")
misuse({ step = print, promise = "X", budget = { time = 3 } }, "time")
misuse({ step = print, promise = "X", budget = { duration = "soon" } }, "duration", "soon")
misuse({ step = print, promise = "X", budget = { cost = -1 } }, "cost")
misuse({ step = { comand = "x" }, promise = "X" }, "comand")
