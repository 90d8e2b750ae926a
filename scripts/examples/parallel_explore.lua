#!/usr/bin/env agentscript
--[[ parallel_explore.lua: look for several things in a project at the same time.

  agentscript parallel_explore.lua [FOLDER]

Documented pattern 1, "Parallel Exploration": three explorers are launched in the background in one go, and then waited
for together. Here each of them is a command, so that it needs no model; with one, `prompt` takes the place of `command`.
Without FOLDER the script makes a small project of its own and removes it at the end.
]]
local fs = require "fs"
local shell = require "shell"

local folder = arg[1]
local scratch
if not folder then
  scratch = assert(fs.tmpdir { prefix = "explore-" })
  folder = scratch
  local files = {
    ["src/auth.js"] = "export function login(user, password) {\n  return issueToken(user)\n}\n",
    ["src/session.js"] = "import { login } from './auth.js'\nexport const logout = (token) => revoke(token)\n",
    ["src/routes.js"] = "app.post('/api/login', login)\napp.get('/api/profile', profile)\napp.delete('/api/session', logout)\n",
    ["tests/auth.test.js"] = "test('login gives a token', () => {})\ntest('a wrong password is refused', () => {})\n",
  }
  for name, text in pairs(files) do assert(fs.write(folder .. "/" .. name, text, { parents = true })) end
end
assert(fs.is_dir(folder), folder .. " is not a folder")

-- What grep finds, without our own state and git's. To find nothing is no failure of a search.
local function search(pattern)
  return ("grep -rnIiE --exclude-dir=.git --exclude-dir=.build --exclude-dir=.agentscript --exclude-dir=node_modules"
    .. " -e %s . || test $? -eq 1"):format(shell.quote(pattern))
end

-- Launched in one go, they run in parallel.
local agents = {
  task {
    description = "Search auth patterns",
    command = search "log(in|out)|password|token|credential", -- prompt = "Find authentication implementations..."
    subagent_type = "Explore",
    cwd = folder,
    run_in_background = true,
  },
  task {
    description = "Search API endpoints",
    command = search "(app|router)\\.(get|post|put|patch|delete)\\(|/api/", -- prompt = "Find all API route definitions..."
    subagent_type = "Explore",
    cwd = folder,
    run_in_background = true,
  },
  task {
    description = "Search test patterns",
    command = search "^ *(test|it|describe)\\(|@test|func test|def test_", -- prompt = "Find test file patterns..."
    subagent_type = "Explore",
    cwd = folder,
    run_in_background = true,
  },
}

local found = {}
for i, result in ipairs(wait(agents)) do
  local lines = {}
  for line in read_output(result.id, { match = "^[.]/[^:]*:[0-9]+:" }):gmatch "[^\n]+" do lines[#lines + 1] = line end
  print(("%s: %d lines (%s)"):format(result.description, #lines, result.status))
  for n = 1, math.min(3, #lines) do print("  " .. lines[n]) end
  found[i] = { description = result.description, success = result.success, lines = #lines }
end

if scratch then assert(fs.remove(scratch, { recursive = true })) end
return { success = require "patterns".all_passed(found), found = found }
