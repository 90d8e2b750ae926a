#!/usr/bin/env agentscript
--[[ speculative.lua: start what is likely to be needed before it is known to be.

  agentscript speculative.lua [FEATURE] [FOLDER]

Documented pattern "Speculative Execution": the tests start while the review still runs. If the review passes they are
almost done by then; if it fails they are cancelled, and marked as not wanted instead of failed. The project is the small shop
of support/shop.lua; a spec in FOLDER that says TODO does not pass the review.
]]
local path = require "path"
local time = require "time"
local shop = dofile(path.join(path.dirname(arg[0]), "support/shop.lua"))

local feature = arg[1] or "login"
local project <close> = shop.make({ feature }, arg[2])
project:write("agents/reviewer.sh", [[
set -eu
sleep 0.4
sh -n "api/$1.sh"
if grep -n TODO "api/$1.sh" "web/$1.html"; then echo "there is something left to do"; exit 1; fi
echo "looks good"]])

local built = task_group {
  project:agent("backend", "Implement API", feature),
  project:agent("frontend", "Create UI", feature),
}
if not built.success then
  for _, failed in ipairs(built.failed) do print(failed) end
  return { success = false, stage = "implementation" }
end

-- Start tests speculatively while review runs
local review = project:agent("reviewer", "Review code", feature)
review.id = "review"
local tests = project:agent("tester", "Write tests", feature)
tests.id, tests.dependencies, tests.speculative = "tests", { "review" }, true
local results = task_group { review, tests }

local function seconds(from, to) return (time.parse_iso(to) - time.parse_iso(from)) / 1000 end
print(("review: %s after %.2f s"):format(results.review.error or results.review.status, results.review.duration_ms / 1000))
if results.tests.started_at then
  local head_start = seconds(results.tests.started_at, results.review.completed_at)
  print(("tests:  started %.2f s before the review's verdict"):format(head_start))
end
if results.review.success then
  print(("tests:  %s after %.2f s"):format(results.tests.error or results.tests.status, results.tests.duration_ms / 1000))
  print(results.success and "✓ Both passed" or "✗ The tests failed")
else
  print(("tests:  %s: %s"):format(results.tests.status, results.tests.error))
  print(("✗ The review failed; %d of the 2 count as failures"):format(#results.failed))
end
return { success = results.success, stage = results.review.success and "tests" or "review" }
