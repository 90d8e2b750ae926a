#!/usr/bin/env agentscript
--[[ test_pipeline.lua: one kind of tests after the other, each only if the one before has passed.

  agentscript test_pipeline.lua
  agentscript test_pipeline.lua FOLDER UNIT_COMMAND INTEGRATION_COMMAND [E2E_COMMAND]
  agentscript test_pipeline.lua . "swift test --filter JobsTests" "swift test --filter RuntimeTests"

Documented pattern 3, "Test Pipeline": sequential testing with background execution. Without arguments the script makes a
small project of its own, a shell library with its tests.
]]
local fs = require "fs"
local patterns = require "patterns"
local time = require "time"

local wait_for_completion = patterns.wait_for_completion

local project = { folder = arg[1], unit = arg[2], integration = arg[3], e2e = arg[4] }
local scratch
if not project.folder then
  scratch = assert(fs.tmpdir { prefix = "tests-" })
  project = {
    folder = scratch,
    unit = "sh tests/unit.sh",
    integration = "sh tests/integration.sh",
    e2e = "sh tests/e2e.sh",
  }
  local files = {
    ["lib.sh"] = [[slug() { printf '%s' "$1" | tr 'A-Z ' 'a-z-'; }]],
    ["site.sh"] = [[. ./lib.sh
mkdir -p out && echo "<h1>$1</h1>" > "out/$(slug "$1").html"]],
    ["tests/unit.sh"] = [[. ./lib.sh
test "$(slug 'Hello World')" = hello-world && echo "ok slug" || { echo "not ok slug"; exit 1; }]],
    ["tests/integration.sh"] = [[sh site.sh 'First Page' && test -f out/first-page.html && echo "ok page"]],
    ["tests/e2e.sh"] = [[grep -q '<h1>First Page</h1>' out/first-page.html && echo "ok content"]],
  }
  for name, text in pairs(files) do assert(fs.write(scratch .. "/" .. name, text .. "\n", { parents = true })) end
end
if not (project.unit and project.integration) then
  io.stderr:write("usage: test_pipeline.lua [FOLDER UNIT_COMMAND INTEGRATION_COMMAND [E2E_COMMAND]]\n")
  os.exit(2)
end

-- Starts a phase in the background, and waits for it.
local function phase(name, description, command)
  local started = task {
    description = description,
    command = command, -- prompt = "Run unit tests: npm run test:unit"
    subagent_type = "Bash",
    cwd = project.folder,
    timeout = "30m",
    run_in_background = true,
  }
  local result = wait_for_completion(started.output_file, "31m")
  print(("%-12s %-9s %6s"):format(name, result.status, time.format_duration(result.duration_ms or 0)))
  return result
end

-- Sequential testing with background execution
local function run_test_pipeline()
  -- Phase 1: Unit tests
  local unit_result = phase("unit", "Unit tests", project.unit)

  if not unit_result.success then
    return { phase = "unit", success = false, error = unit_result.error }
  end

  -- Phase 2: Integration tests
  local integration_result = phase("integration", "Integration tests", project.integration)

  if not integration_result.success then
    return { phase = "integration", success = false, error = integration_result.error }
  end

  -- ... continue pipeline
  if project.e2e then
    local e2e_result = phase("e2e", "End to end tests", project.e2e)
    if not e2e_result.success then
      return { phase = "e2e", success = false, error = e2e_result.error }
    end
  end

  return { success = true }
end

local outcome = run_test_pipeline()
print(outcome.success and "all phases passed" or ("stopped in phase %s: %s"):format(outcome.phase, outcome.error))
if scratch then assert(fs.remove(scratch, { recursive = true })) end
return outcome
