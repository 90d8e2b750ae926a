-- conflict_detection = "error": the group is refused before anything starts, with both tasks and patterns.
local ran = false
local function marks() ran = true end

local ok, message = pcall(task_group, {
  { id = "api", fn = marks, writes = "src/**" },
  { id = "ui", fn = marks, reads = { "docs/*", "src/ui/*.ts" } },
}, { conflict_detection = "error" })
assert(not ok and not ran)
assert(message:find([[task 'api' writes "src/**" and task 'ui' reads "src/ui/*.ts"]], 1, true), message)
assert(#jobs() == 0, "there is no job of a refused group")

ok, message = pcall(task_group, {
  { id = "a", fn = marks, writes = "x" }, { id = "b", fn = marks, writes = "x" }, { id = "c", fn = marks, writes = "x" },
}, { conflict_detection = "error" })
assert(not ok and message:find([[tasks 'a' and 'b' both write "x" (and 2 more such pairs)]], 1, true), message)

-- A dependency, by whatever way, puts them in order.
local results = task_group({
  { id = "a", command = "true", writes = "x" },
  { id = "b", command = "true", dependencies = { "a" } },
  { id = "c", command = "true", dependencies = { "b" }, reads = "x" },
}, { conflict_detection = "error" })
assert(results.success)
