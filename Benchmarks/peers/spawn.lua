-- 3,000 x /bin/true, each with its output file and its rows in the registry.
local jobs = {}
for i = 1, tonumber(arg[1]) do jobs[i] = spawn { command = { "/bin/true" } } end
for _, result in ipairs(wait(jobs)) do assert(result.success) end
