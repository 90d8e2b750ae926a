-- Given a project that is broken, the examples stop where they should, with exit code 1.
local fs = require "fs"
local path = require "path"

local program, examples = arg[-1], path.join(path.dirname(arg[0]), "../../../../scripts/examples")
if not path.is_absolute(program) then program = assert(require "shell".which(program)) end
local root = assert(fs.tmpdir())

local function run(code, words, ...)
  local command = { program, path.join(examples, words[1]), table.unpack(words, 2) }
  local r = task { command = command, timeout = "1m" }
  assert(r.exit_code == code, ("%s: exit code %s: %s"):format(words[1], r.exit_code, r.output))
  for _, text in ipairs { ... } do assert(r.output:find(text, 1, true), ("no %q in: %s"):format(text, r.output)) end
end

-- deployment: a failed check deploys nothing.
local project, target = path.join(root, "project"), path.join(root, "target")
local function write(name, text) assert(fs.write(path.join(project, name), text .. "\n", { parents = true })) end
write("scripts/lint.sh", "echo 'index.html: no title'; exit 1")
write("scripts/test.sh", "echo tested")
write("scripts/build.sh", "mkdir -p dist && echo '<h1>Hi</h1>' > dist/index.html")
write("api/status.json", "{}")
run(1, { "deployment.lua", project, target }, "lint             failed", "no title", "stopped at validation")
assert(not fs.exists(target))
-- It is deployed, but does not answer what it should: the failure is the smoke tests'.
write("scripts/lint.sh", "true")
run(1, { "deployment.lua", project, target }, "frontend deploy  completed", "smoke tests      failed", "stopped at smoke")
assert(fs.is_link(path.join(target, "current")) and fs.read(path.join(target, "current/index.html")) == "<h1>Hi</h1>\n")
fs.remove(path.join(project, "api"), { recursive = true })
run(1, { "deployment.lua", project, target }, "backend deploy   failed", "stopped at backend")
run(2, { "deployment.lua", project }, "usage")

-- test_pipeline: what comes after the failure does not run.
run(1, { "test_pipeline.lua", root, "true", "echo two failed; exit 1", "touch ran" }, "integration  failed", "stopped in phase integration", "two failed")
assert(not fs.exists(path.join(root, "ran")))
run(0, { "test_pipeline.lua", root, "true", "true" }, "all phases passed")
run(2, { "test_pipeline.lua", root }, "usage")

-- build_monitoring: text that says "complete" does not make a success.
run(1, { "build_monitoring.lua", root, "sh", "-c", "echo Build complete; exit 3" }, "Build complete", "not built: ", "exit code 3")
run(2, { "build_monitoring.lua", root }, "usage")

-- parallel_explore: nothing found is no failure; no folder is.
run(0, { "parallel_explore.lua", target }, "Search test patterns: 0 lines (completed)")
run(1, { "parallel_explore.lua", path.join(root, "none") }, "is not a folder")

-- The shop: a feature whose spec says nothing cannot be built, and what comes after that is not tried.
local folder = path.join(root, "shop")
assert(fs.write(path.join(folder, "product/login.txt"), "nothing\n", { parents = true }))
run(1, { "sequential.lua", "login", folder }, "backend    failed", "does not tell what the API says", "✗ Stopped in step 1")
run(1, { "parallel.lua", "login", folder }, "frontend   completed", "✗ Stopped at implementation")
run(1, { "dependency_graph.lua", "login", folder }, "api: exit code 1", "× tests: not started: its dependency 'api'",
  "× review: not started: its dependency 'tests'")
assert(not fs.exists(path.join(folder, "tests")))
run(1, { "hybrid.lua", "no/such/place", "login" }, "✗ Stopped at implementation")
run(1, { "progress_streaming.lua", "a/b" }, "✗ 2 tasks")
run(1, { "pool_queue.lua", "2", "a/b" }, "✗ 2 tasks")
run(2, { "pool_queue.lua", "none" }, "usage")
-- What fails twice becomes a decision, and stays a failure.
local unclear = path.join(root, "unclear")
assert(fs.write(path.join(unclear, "product/auth.txt"), "says: Hi\n", { parents = true }))
run(1, { "error_recovery.lua", unclear }, "✓ 2 of the tasks", "Retrying: profile-api (nothing more is known)", "✗ Retry failed: profile-api",
  "Decision: Manual implementation (default)")
-- What a checkpoint says is complete is not done again; the rest is, once it can be.
local resumed = path.join(root, "resumed")
local function spec(name, text) assert(fs.write(path.join(resumed, "product", name .. ".txt"), text .. "\n", { parents = true })) end
spec("a", "says: A")
spec("b", "nothing")
run(1, { "checkpoint_resume.lua", resumed, "a", "b" }, "a: 2 tests passed", "✗ b: backend: exit code 1", "✗ 1 of 2 features")
spec("b", "says: B")
run(0, { "checkpoint_resume.lua", resumed, "a", "b" }, "b: attempt 2", "complete before: a", "✓ 2 of 2 features complete")
-- A loop that cannot get any further ends at its bound.
spec("c", "nothing")
run(1, { "ralph_loop.lua", resumed, "3" }, "iteration 3: c: exit code 1", "✗ not done after iteration 3")
-- What was started early and then not wanted is cancelled, and no failure of its own.
local todo = path.join(root, "todo")
assert(fs.write(path.join(todo, "product/login.txt"), "says: TODO\n", { parents = true }))
run(1, { "speculative.lua", "login", todo }, "review: exit code 1", "tests:  cancelled", "1 of the 2 count as failures")

assert(fs.remove(root, { recursive = true }))
