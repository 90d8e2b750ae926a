-- Tasks of a group work in worktrees of their own; what they did arrives in the checkout when the group has ended.
local fs = require "fs"
assert(fs.mkdir("repo"))
local function sh(line)
  local result = task { command = line, cwd = "repo" }
  assert(result.success, result.output)
  return (result.output:gsub("\n$", ""))
end
sh [[git init -q -b main . && git config user.name User && git config user.email user@example.org
     mkdir sub && echo one > a.txt && echo s > sub/s.txt && git add -A && git commit -qm first]]

-- In dependency order, each on what those before it did.
local results = task_group {
  { id = "last", command = "cat a.txt b.txt && echo last > c.txt", cwd = "repo", isolation = "worktree", dependencies = { "b" } },
  { id = "a", command = "echo two >> a.txt", cwd = "repo", isolation = "worktree" },
  { id = "plain", command = "cat a.txt && git status --porcelain", cwd = "repo", dependencies = { "a" } },
  { id = "b", command = "echo b > b.txt", cwd = "repo", isolation = "worktree", dependencies = { "plain" } },
}
assert(results.success, tostring(results.failed[1]))
assert(#results.conflicts == 0)
assert(results.last.output == "one\ntwo\nb\n", results.last.output)
assert(results.plain.output == "one\n", results.plain.output)
for _, id in ipairs { "a", "b", "last" } do
  local worktree = results[id].worktree
  assert(worktree.merged and not worktree.path and not worktree.branch and not worktree.note, id)
  assert(#worktree.files == 1 and worktree.file_count == 1)
end
assert(results.plain.worktree == nil)
assert(sh "cat a.txt b.txt c.txt" == "one\ntwo\nb\nlast")
assert(sh "git status --porcelain" == "")
assert(sh "git branch --format '%(refname:short)'" == "main")
assert(sh "git worktree list | wc -l" == "1")
assert(sh "ls ../.agentscript/worktrees" == "")

-- What is known is the same everywhere.
local _, record = status(results.a)
assert(record.worktree.merged and record.worktree.files[1] == "a.txt")

-- A lone task's work is there before its result is told. A folder below the top is the same one in the worktree.
local lone = task { name = "lone", command = "pwd && cat s.txt && echo t > t.txt", cwd = "repo/sub", isolation = "worktree" }
assert(lone.success and lone.worktree.merged and lone.worktree.files[1] == "sub/t.txt")
assert(lone.output:match("/worktrees/lone%-[^\n]*/sub\ns\n$"), lone.output)
assert(sh "cat sub/t.txt" == "t")
assert(sh "git log -1 --format=%s" == "Task 'lone'")

-- Without a change nothing is left, and nothing to tell.
local none = task { command = "echo ignored > .agentscript-ignored-by-nobody && rm .agentscript-ignored-by-nobody", cwd = "repo", isolation = "worktree" }
assert(none.success and not none.worktree.merged and none.worktree.file_count == 0 and not none.worktree.note)

-- What a task changed beside what it said it would is told. In worktrees of their own, two that write the same run at once.
local told = task_group({
  { id = "one", command = "echo x > sub/x.txt; echo y > y.txt", writes = "sub/*", cwd = "repo", isolation = "worktree" },
  { id = "two", command = "echo z > sub/z.txt", writes = { "sub/**" }, cwd = "repo", isolation = "worktree" },
}, { conflict_detection = "error" })
assert(told.success and #told.one.worktree.undeclared == 1 and told.one.worktree.undeclared[1] == "y.txt")
assert(#told.two.worktree.undeclared == 0)

-- In the background too, and tried again in the same worktree.
local job = spawn {
  command = "echo try >> tries.txt && test $(wc -l < tries.txt) = 3", retries = 3, cwd = "repo", isolation = "worktree",
}
local tried = wait(job)
assert(tried.success and tried.attempts == 3 and tried.worktree.merged)
assert(sh "wc -l < tries.txt" == "3")
