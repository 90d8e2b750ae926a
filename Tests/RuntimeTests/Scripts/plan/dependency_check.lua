-- expect-stderr: task 'test' depends on 'lnt', which is no task of the group: left out
-- dependency_check = "warn" leaves out what is no task of the group; else that is an error.
local tasks = { { id = "lint", command = "true" }, { id = "test", command = "echo ran", dependencies = { "lint", "lnt" } } }
for _, check in ipairs { true, "strict" } do
  local ok, message = pcall(task_group, tasks, { dependency_check = check })
  assert(not ok and message:find "'lnt'", message)
end
local results = task_group(tasks, { dependency_check = "warn" })
assert(results.success and results.test.output == "ran\n" and #results.waves == 2)

-- What a text needs cannot be left out.
local ok, message = pcall(task_group, {
  { id = "a", command = "echo {{needs.b.output}}", dependencies = { "b" } },
}, { dependency_check = "warn" })
assert(not ok and message:find "'b'", message)

-- A circle is an error in any case.
ok, message = pcall(task_group, {
  { id = "a", command = "true", dependencies = { "b" } }, { id = "b", command = "true", dependencies = { "a" } },
}, { dependency_check = "warn" })
assert(not ok and message:find "circle", message)
