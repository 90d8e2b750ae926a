#!/usr/bin/env agentscript
--[[ hello.lua: the smallest script there is.

  agentscript hello.lua [NAME]       (or, once it is executable: ./hello.lua [NAME])

Runs one command as a task, then three side by side, and shows what is known of them. Each task leaves a record and its
output in the project's .agentscript/jobs/ folder: `agentscript jobs` lists them, `agentscript logs ID` shows the output.
]]
local name = arg[1] or "world"

-- One task: it runs to its end and returns its result.
local greeting = task { description = "Greet", command = { "echo", "Hello, " .. name .. "!" } }
io.write(greeting.output)

-- Three at once: the second takes as long as all of them together.
local results = task_group {
  { id = "system", command = "uname -sm" },
  { id = "patience", command = "echo '[PROGRESS] 50% waiting'; sleep 0.2; echo waited" },
  { id = "count", command = "seq 1 10 | wc -l" },
}
for _, result in ipairs(results) do
  print(("%-10s %-10s %4d ms  %s"):format(result.id, result.status, result.duration_ms, result.output:match "([^\n]*)\n*$"))
end

-- The return value decides the exit code: 0 for success, 1 without.
return { success = greeting.success and results.success }
