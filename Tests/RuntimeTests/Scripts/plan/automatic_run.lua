-- options: --max-concurrency auto
-- A run that finds out by itself how many jobs to run at once.
local jobs = {}
for i = 1, 60 do jobs[i] = spawn { command = "echo " .. i } end
for i, result in ipairs(wait(jobs)) do assert(result.success and result.output == i .. "\n") end
