-- expect-stderr: worktrees begin with what 'main' has committed: 1 uncommitted change in
-- Two tasks that change the same lines: one is merged, the other stays on its branch, and nothing is lost.
local fs = require "fs"
assert(fs.mkdir("repo"))
local function sh(line)
  local result = task { command = line, cwd = "repo" }
  assert(result.success, result.output)
  return (result.output:gsub("\n$", ""))
end
sh [[git init -q -b main . && git config user.name User && git config user.email user@example.org
     echo one > a.txt && echo one > mine.txt && git add -A && git commit -qm first && echo user >> mine.txt]]

local results = task_group({
  { id = "a", command = "echo A > a.txt", cwd = "repo", isolation = "worktree" },
  { id = "b", command = "echo B > a.txt && echo B > b.txt", cwd = "repo", isolation = "worktree" },
  { id = "on_b", command = "cat b.txt > c.txt", cwd = "repo", isolation = "worktree", dependencies = { "b" } },
  { id = "broken", command = "echo F > f.txt && false", cwd = "repo", isolation = "worktree" },
  { id = "in_the_way", command = "echo other > other.txt", cwd = "repo", isolation = "worktree" },
})
assert(not results.success and #results.failed == 1 and results.failed[1].id == "broken")
assert(results.a.worktree.merged and results.in_the_way.worktree.merged)
assert(#results.conflicts == 1)
local conflict = results.conflicts[1]
assert(conflict.task == "b" and conflict.with == "a" and conflict.file == "a.txt")
-- The task did what it should; what it did is whole.
assert(results.b.success and not results.b.worktree.merged)
assert(results.b.worktree.conflicts[1].with == "a")
assert(results.b.worktree.note:match("^not merged: it conflicts with 'a' in a.txt; its changes are on the branch agentscript/b%-"))
assert(results.on_b.worktree.note:match("^not merged: it is built on the work of 'b', which was not;"))
assert(results.broken.worktree.note:match("^not merged, since its task ended as failed: its changes are on the branch agentscript/broken%-"))
assert(sh("git show " .. results.b.worktree.branch .. ":b.txt") == "B")
assert(sh("git show " .. results.broken.worktree.branch .. ":f.txt") == "F")
assert(sh "cat a.txt && cat mine.txt && ls" == "A\none\nuser\na.txt\nmine.txt\nother.txt")
assert(sh "git status --porcelain" == " M mine.txt")
assert(sh "git worktree list | wc -l" == "1")

-- What the user has in the way is not touched.
local blocked = task { command = "echo task > mine.txt", cwd = "repo", isolation = "worktree" }
assert(blocked.success and not blocked.worktree.merged)
assert(blocked.worktree.note:match("^not merged: uncommitted changes are in the way: mine.txt; .* takes them over$"), blocked.worktree.note)
assert(sh "cat mine.txt" == "one\nuser")
-- And the note says what helps.
sh("git commit -qam mine")
local command = blocked.worktree.note:match("'(git merge [^']+)'")
assert(not task { command = command, cwd = "repo" }.success, "both changed the same line")

-- Dependencies that do not go together let nobody begin on both.
sh("git merge --abort")
local both = task_group {
  { id = "x", command = "echo X > x.txt", cwd = "repo", isolation = "worktree" },
  { id = "y", command = "echo Y > x.txt", cwd = "repo", isolation = "worktree" },
  { id = "z", command = "true", cwd = "repo", isolation = "worktree", dependencies = { "x", "y" } },
}
assert(both.z.reason == "spawn_failed")
assert(both.z.error == "not started: no worktree: the work of 'y' conflicts with that of 'x' in x.txt", both.z.error)
