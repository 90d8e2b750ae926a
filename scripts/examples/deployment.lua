#!/usr/bin/env agentscript
--[[ deployment.lua: check a site, deploy it, and make sure that it answers.

  agentscript deployment.lua [FOLDER TARGET]

Documented pattern 4, "Deployment Orchestration": lint, test and build run in parallel; only if all have passed the backend
is deployed, then the frontend, then smoke tests ask the deployed site over HTTP.

FOLDER is a project with scripts/lint.sh, scripts/test.sh and scripts/build.sh, which writes dist/, and with api/, the
backend's files. TARGET is the folder that it is deployed to: each deployment is a folder of its own in TARGET/releases,
and TARGET/current is a link that is switched over when it is complete. Without arguments the script makes a project of
its own and a target, and removes both at the end. The smoke tests need python3.
]]
local fs = require "fs"
local path = require "path"
local patterns = require "patterns"
local shell = require "shell"
local time = require "time"

local all_passed = patterns.all_passed

-- The project --------------------------------------------------------------------------------------------------------

local folder, target = arg[1], arg[2]
local scratch

local function make_project()
  scratch = assert(fs.tmpdir { prefix = "deploy-" })
  folder, target = path.join(scratch, "project"), path.join(scratch, "target")
  local files = {
    ["pages/index.html"] = "<!doctype html><title>Shop</title><h1>Welcome</h1>",
    ["pages/about.html"] = "<!doctype html><title>About us</title><h1>About</h1>",
    ["api/status.json"] = '{ "status": "ok" }',
    ["scripts/lint.sh"] = [[
for page in pages/*.html; do
  grep -q '<title>' "$page" || { echo "$page: no title"; exit 1; }
done
echo "pages are clean"]],
    ["scripts/test.sh"] = [[grep -q Welcome pages/index.html && grep -q '"ok"' api/status.json && echo "2 tests passed"]],
    ["scripts/build.sh"] = [[
rm -rf dist && mkdir dist
for page in pages/*.html; do
  { cat "$page"; echo "<footer>built by build.sh</footer>"; } > "dist/$(basename "$page")"
  echo "[PROGRESS] built $page"
done]],
  }
  for name, text in pairs(files) do
    assert(fs.write(path.join(folder, name), text .. "\n", { parents = true }))
  end
end

if not folder then make_project() end
if not target then
  io.stderr:write("usage: deployment.lua [FOLDER TARGET]\n")
  os.exit(2)
end

-- The steps ----------------------------------------------------------------------------------------------------------

local stages = {}

-- Runs a command (or a Lua function) in the project as a background task, and waits for it.
local function run_background_task(description, work)
  local result = patterns.run_background_task(description, work, { cwd = folder, timeout = "15m" })
  stages[#stages + 1] = { name = description, success = result.success, duration_ms = result.duration_ms }
  print(("%-16s %-9s %s"):format(description, result.status, result.success and "" or result.error))
  return result
end

local release = time.iso():gsub("[^%d]", "")
local release_folder = path.join(path.absolute(target), "releases", release)
local quoted = shell.quote(release_folder)
local deploy_backend = "mkdir -p " .. quoted .. " && cp -R api " .. quoted .. "/"

-- Copies beside what is served, then switches over in one step.
local function deploy_frontend()
  local link = path.join(target, "current")
  assert(fs.copy(path.join(folder, "dist"), release_folder, { recursive = true }))
  assert(fs.symlink("releases/" .. release, link .. ".new"))
  assert(fs.move(link .. ".new", link))
  return "now at " .. release_folder
end

-- Serves what is deployed on a free port of this machine, and asks for it.
local function smoke_test()
  local python = shell.which "python3" or error("the smoke tests need python3", 0)
  local server <close> = spawn {
    name = "server",
    command = { python, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", path.join(target, "current") },
    timeout = "5m",
  }
  local port
  for chunk in read_output(server, { follow = true }) do
    port = chunk:match "port (%d+)"
    if port then break end
  end
  if not port then error("the server did not start: " .. read_output(server, { tail = 5 }), 0) end

  local function get(place)
    local url = "http://127.0.0.1:" .. port .. place
    if shell.which "curl" then return assert(shell.output { "curl", "-fsS", "--max-time", "10", url }) end
    local program = "import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen(sys.argv[1], timeout=10).read())"
    return assert(shell.output { python, "-c", program, url })
  end

  for place, expected in pairs { ["/"] = "Welcome", ["/about.html"] = "footer", ["/api/status.json"] = '"ok"' } do
    local page = get(place)
    if not page:find(expected, 1, true) then error(place .. " does not say " .. expected, 0) end
    progress("asked for " .. place)
  end
  return "3 places answered"
end

-- The pattern --------------------------------------------------------------------------------------------------------

local function deploy_with_validation()
  -- Pre-deployment checks (parallel)
  local results = parallel {
    function() return run_background_task("lint", "sh scripts/lint.sh") end,
    function() return run_background_task("test", "sh scripts/test.sh") end,
    function() return run_background_task("build", "sh scripts/build.sh") end,
  }

  -- Validate all passed
  if not all_passed(results) then
    return { success = false, stage = "validation" }
  end

  -- Deploy backend
  local backend = run_background_task("backend deploy", deploy_backend)

  if not backend.success then
    return { success = false, stage = "backend" }
  end

  -- Deploy frontend
  local frontend = run_background_task("frontend deploy", deploy_frontend)

  if not frontend.success then
    return { success = false, stage = "frontend" }
  end

  -- Smoke tests
  local smoke = run_background_task("smoke tests", smoke_test)

  return { success = smoke.success, stage = "smoke", stages = stages }
end

local outcome = deploy_with_validation()
print(outcome.success and "deployed as " .. release or "stopped at " .. outcome.stage)
if scratch then assert(fs.remove(scratch, { recursive = true })) end
return outcome
