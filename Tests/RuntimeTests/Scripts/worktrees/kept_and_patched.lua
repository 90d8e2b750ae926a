-- merge = "patch" and merge = "keep", and the places where there can be no worktree.
local function sh(line)
  local result = task { command = line }
  assert(result.success, result.output)
  return (result.output:gsub("\n$", ""))
end
sh [[mkdir repo plain empty && git init -q -b main repo && git init -q empty && cd repo
     git config user.name User && git config user.email user@example.org && echo one > a.txt && git add -A && git commit -qm first]]

local patched = task { command = "echo two >> a.txt", cwd = "repo", isolation = "worktree", merge = "patch" }
assert(patched.success and not patched.worktree.merged and not patched.worktree.path and not patched.worktree.branch)
assert(patched.worktree.patch:match("/jobs/.*%.patch$"))
assert(sh "cd repo && cat a.txt" == "one")
sh("cd repo && " .. patched.worktree.note:match("^'(.*)' takes it over$"))
assert(sh "cd repo && cat a.txt && git checkout -q a.txt" == "one\ntwo")

local kept = task { id = "mine", command = "echo two >> a.txt", cwd = "repo", isolation = "worktree", merge = "keep" }
assert(kept.worktree.path:match("/worktrees/mine$") and kept.worktree.branch == "agentscript/mine")
assert(sh("cat " .. kept.worktree.path .. "/a.txt") == "one\ntwo")
local merge, tidy = kept.worktree.note:match("'(git merge [^']+)' takes it over; '([^']+)' removes it$")
sh("cd repo && " .. merge .. " && " .. tidy)
assert(sh "cd repo && cat a.txt && git branch && git worktree list | wc -l" == "one\ntwo\n* main\n1")

-- A task that depends on such a one brings its work along.
local results = task_group {
  { id = "base", command = "echo b > b.txt", cwd = "repo", isolation = "worktree", merge = "keep" },
  { id = "top", command = "echo c > c.txt", cwd = "repo", isolation = "worktree", dependencies = { "base" } },
}
assert(results.base.worktree.merged and results.base.worktree.note:match("merged along with 'top', which is built on it$"))
assert(sh "cd repo && cat b.txt c.txt" == "b\nc")

-- Where there can be none, the task does not run, and says why.
for folder, sentence in pairs {
  plain = "' lies in no git repository",
  empty = "has no commit yet, from which a worktree could begin",
  ["repo/.git"] = "lies inside of a repository's own folder, not among the files of a checkout",
} do
  local refused = task { command = "echo ran > ran", cwd = folder, isolation = "worktree" }
  assert(refused.status == "failed" and refused.reason == "spawn_failed", refused.status)
  assert(refused.error:match("^not started: no worktree: ") and refused.error:find(sentence, 1, true), refused.error)
  assert(refused.output == "")
end
assert(sh "ls plain empty" == "empty:\n\nplain:")

-- Variables of git's that lead elsewhere do not reach the task.
local led = task {
  command = { "agentscript-no-such", "x" }, cwd = "repo", isolation = "worktree",
}
assert(led.reason == "spawn_failed" and sh "cd repo && git worktree list | wc -l && git branch --list 'agentscript/*' | wc -l" == "2\n1")
