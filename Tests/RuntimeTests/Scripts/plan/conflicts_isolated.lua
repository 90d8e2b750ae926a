-- conflict_detection = "isolate": tasks that get in each other's way work side by side, each in a worktree of its own.
local fs = require "fs"
assert(fs.mkdir "repo")
local function sh(line)
  local result = task { command = line, cwd = "repo" }
  assert(result.success, result.output)
  return (result.output:gsub("\n$", ""))
end
sh [[git init -q -b main . && git config user.name User && git config user.email user@example.org
     echo one > a.txt && git add -A && git commit -qm first]]

local here = fs.cwd()
local function meets(mine, its)
  return ("touch %s/%s; while ! [ -e %s/%s ]; do sleep 0.02; done; "):format(here, mine, here, its)
end
local results = task_group({
  { id = "a", command = meets("m1", "m2") .. "echo A > a.out", cwd = "repo", writes = "*.out" },
  { id = "b", command = meets("m2", "m1") .. "echo B > b.out", cwd = "repo", writes = "b.*" },
  { id = "after", command = "cat a.out b.out > both.txt", cwd = "repo", dependencies = { "a", "b" } },
  { id = "apart", command = "git rev-parse --git-dir", cwd = "repo", writes = "c.txt" },
}, { conflict_detection = "isolate", timeout = "60s" })
assert(results.success, tostring(results.a))
assert(results.a.worktree.merged and results.b.worktree.merged and results.after.worktree.merged)
assert(results.apart.worktree == nil and results.apart.output == ".git\n", "it is in nobody's way")
assert(sh "cat both.txt" == "A\nB" and sh "git worktree list | wc -l" == "1")
