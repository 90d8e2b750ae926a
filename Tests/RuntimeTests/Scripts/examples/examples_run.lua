-- Every example runs from anywhere, in a project that it makes itself, and leaves nothing of it behind.
local fs = require "fs"
local path = require "path"

local program, examples = arg[-1], path.join(path.dirname(arg[0]), "../../../../scripts/examples")
if not path.is_absolute(program) then program = assert(require "shell".which(program)) end
local temporary = assert(fs.tmpdir())

local expected = {
  ["hello.lua"] = { "Hello, world!", "count      completed", "waited", "  10\n" },
  ["parallel_explore.lua"] = { "Search auth patterns: 8 lines (completed)", "Search API endpoints: 3 lines",
    "Search test patterns: 2 lines", "  ./src/routes.js:1:app.post" },
  ["build_monitoring.lua"] = { "[PROGRESS] 100% built index", "Build complete", "built after", "3 pages" },
  ["test_pipeline.lua"] = { "unit         completed", "integration  completed", "e2e          completed", "all phases passed" },
  ["deployment.lua"] = { "backend deploy   completed", "frontend deploy  completed", "smoke tests      completed", "deployed as 2" },
  ["sequential.lua"] = { "Step 1/4: Backend", "backend    completed  wrote api/login.sh", "tester     completed  2 tests passed",
    "1 reviewed", "✓ Feature login complete, 4 steps in" },
  ["parallel.lua"] = { "Phase 1: Parallel implementation", "frontend   completed", "reviewer   completed", "✓ Feature login complete in" },
  ["hybrid.lua"] = { "Implement notifications API      completed", "Phase 2: Parallel testing", "3 reviewed", "✓ All 3 features complete" },
  ["dependency_graph.lua"] = { "Wave 1 (parallel): api, ui", "Wave 2: tests", "Wave 3: review", "Longest way: ", " → tests → review", "→ api starts",
    "→ review: completed", "✓ All done" },
  ["pool_queue.lua"] = { "start", "of 4, queued 2", "Implement search: completed", "✓ 6 tasks through 4 slots, at most" },
  ["error_recovery.lua"] = { "✓ 2 of the tasks completed", "✗ 1 failed", "profile-api: exit code 1",
    "Retrying: profile-api (told: Hello from profile)", "✓ Retry successful: profile-api" },
  ["resource_aware.lua"] = { "cores", "30 of 30 files compressed", "at most", "✓" },
  ["checkpoint_resume.lua"] = { "login: 2 tests passed", "search: 2 tests passed", "✓ 3 of 3 features complete" },
  ["ralph_loop.lua"] = { "iteration 1: login: 2 tests passed", "iteration 3: search", "✓ promise kept after 4 iterations" },
  ["loop_prevention.lua"] = { "attempt 3: its gate failed: exit code 1; last line: '2 of 3 pages'", "attempt 4: ok",
    "✓ Rendered, escalated", "✓ Fetched <h1>home</h1>: the second copy won" },
  ["speculative.lua"] = { "review: completed", "before the review's verdict", "tests:  completed", "✓ Both passed" },
  ["progress_streaming.lua"] = { "backend:   50% complete  read product/login.txt", "frontend:  30% complete  laying out profile",
    "frontend: 100% complete", "✓ 4 tasks, 0 of them told nothing" },
}

for _, file in ipairs(assert(fs.glob("*.lua", { base = examples }))) do
  local name = path.basename(file)
  local texts = assert(expected[name], "no test for the example " .. name)
  expected[name] = nil
  local r = task { command = { program, file }, env = { TMPDIR = temporary }, timeout = "1m" }
  assert(r.success, name .. ": " .. r.output)
  for _, text in ipairs(texts) do
    assert(r.output:find(text, 1, true), ("%s does not say %q: %s"):format(name, text, r.output))
  end
  assert(#fs.list(temporary) == 0, name .. " left something behind")
  assert(fs.read(file):find "^#!/usr/bin/env agentscript\n%-%-%[%[" and fs.stat(file).mode & 73 == 73, name)
end
assert(next(expected) == nil, "an example is gone")
assert(fs.remove(temporary))
