#!/usr/bin/env agentscript
--[[ explore.lua: several agents look at a project at the same time, each for something else.

  agentscript explore.lua [FOLDER]

Documented pattern 1, "Parallel Exploration", with models: three `Explore` agents are started in the background in one go and
waited for together. They only read: their tools are `read`, `glob` and `grep`, and nothing outside FOLDER (the folder that the
script is started in) can be seen. Any provider does whose key is in the environment (ANTHROPIC_API_KEY, OPENAI_API_KEY, …), or a
model server of this machine; `Explore` asks for a model of the tier "fast".
]]
local fs = require "fs"

local folder = arg[1] or "."
assert(fs.is_dir(folder), folder .. " is not a folder")

-- What everybody would look at first, so that nobody has to.
local names = fs.list(folder)
local overview = "At the top of the project lie: " .. table.concat(names, ", ", 1, math.min(#names, 60)) .. ".\n"

local questions = {
  { "Layout", "Which parts does this project have, and what is each for? Name the folders and the most important files." },
  { "Tests", "How is this project tested? Name the folders of its tests, the kinds of tests, and the command that runs them." },
  { "Entry points", "Where does this project's program begin? Name the files and what happens in them first." },
}

-- Launched in one go, they run in parallel.
local agents = {}
for i, question in ipairs(questions) do
  agents[i] = task {
    description = question[1],
    prompt = overview .. question[2] .. " Answer in at most five sentences.",
    subagent_type = "Explore",
    cwd = folder,
    timeout = "5m",
    run_in_background = true,
  }
end

local results, tokens = wait(agents), 0
for _, result in ipairs(results) do
  local usage = result.usage or {}
  tokens = tokens + (usage.input_tokens or 0) + (usage.cache_read_tokens or 0) + (usage.output_tokens or 0)
  print(("── %s: %s, %s, %.1f s"):format(result.description, result.status, result.model or "no model", result.duration_ms / 1000))
  print((result.success and result.output or result.error):match "^%s*(.-)%s*$")
end
local success = require "patterns".all_passed(results)
print(("%s %d tokens in all"):format(success and "✓" or "✗", tokens))
return { success = success }
