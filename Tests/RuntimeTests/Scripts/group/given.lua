-- Dependencies that earlier groups have fulfilled.
local first = task_group { { id = "api", command = "echo v1" }, { id = "ui", command = "exit 1" } }
local second = task_group({
  { id = "tests", command = "echo testing {{needs.api.output}} {{needs.lint.output}}", dependencies = { "api", "lint" } },
  { id = "lint", command = "echo clean" },
  { id = "sum", fn = function(needs) return needs.api.output .. needs.tests.status end, dependencies = { "tests", "api" } },
}, { given = { api = first.api } })
assert(second.success, tostring(second.failed[1]))
assert(second.tests.output == "testing v1 clean\n" and second.sum.output == "v1\ncompleted")
assert(#second.waves == 3 and #second == 3)

-- Under a name of the second group's own.
local third = task_group({
  { id = "sum", fn = function(needs) return needs.old.output end, dependencies = { "old" } },
  { id = "say", command = "echo {{needs.old.output}}", dependencies = { "old" } },
}, { given = { old = first.api }, priority = "high" })
assert(third.sum.output == "v1\n" and third.say.output == "v1\n")
assert(select(2, status(third.say)).priority == 10)

local function refused(given, ...)
  local ok, problem = pcall(task_group, { { id = "api", command = "true" } }, { given = given })
  assert(not ok)
  for _, part in ipairs { ... } do assert(problem:find(part, 1, true), problem) end
end
refused({ ui = first.ui }, "'ui'", "has not succeeded")
refused({ api = first.api }, "'api' is given, and is a task of the group")
refused({ x = "nowhere" }, "given 'x'", "nowhere")
refused({ first.api }, "given")
refused("api", "given", "table")
