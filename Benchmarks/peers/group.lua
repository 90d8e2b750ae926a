-- The same as one task_group.
local specs = {}
for i = 1, tonumber(arg[1]) do specs[i] = { command = { "/bin/true" } } end
assert(task_group(specs).success)
