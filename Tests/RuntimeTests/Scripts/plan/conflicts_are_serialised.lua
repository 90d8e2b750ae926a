-- Tasks that write what others read or write do not run at the same time, in a group and outside of one.
local fs = require "fs"

local function appends(file, word, seconds)
  return ("echo begin >> %s; sleep %s; echo %s >> %s"):format(file, seconds or 0.1, word, file)
end

--- No task began while another one was at it.
local function whole(file)
  local open = 0
  for line in assert(fs.read(file)):gmatch "[^\n]+" do
    open = open + (line == "begin" and 1 or -1)
    if open > 1 then return false end
  end
  return open == 0
end

-- Two writers, by patterns that mean the same file.
local results = task_group {
  { id = "a", command = appends("one.txt", "a"), writes = "one.txt" },
  { id = "b", command = appends("one.txt", "b"), writes = { "./sub/../*.txt" } },
  { id = "c", command = appends("one.txt", "c"), reads = { "other", "{one,two}.txt" } },
  { id = "d", command = "true", reads = "one.txt" },
}
assert(results.success and whole "one.txt", fs.read "one.txt")

-- From the folder in which the task runs.
assert(fs.mkdir "deep")
results = task_group {
  { id = "a", command = appends("x", "a"), cwd = "deep", writes = "x" },
  { id = "b", command = appends("deep/x", "b"), writes = "deep/**" },
}
assert(results.success and whole "deep/x")

-- Readers, and writers of different files, run side by side: each waits for the other's file.
local function meets(mine, its) return ("touch %s; while ! [ -e %s ]; do sleep 0.02; done"):format(mine, its) end
results = task_group({
  { id = "a", command = meets("m1", "m2"), reads = "shared", writes = "out/a/**" },
  { id = "b", command = meets("m2", "m1"), reads = "shared", writes = "out/b/**" },
}, { timeout = "60s" })
assert(results.success, tostring(results.a))

-- Many that all write the same.
local many = {}
for i = 1, 40 do many[i] = { command = appends("many.txt", i, 0), writes = "many.txt" } end
assert(task_group(many).success and whole "many.txt")

-- Outside of a group, and beside one.
local jobs = {}
for i = 1, 4 do jobs[i] = spawn { command = appends("lone.txt", i), writes = "lone.txt" } end
local group = task_group({ { id = "g", command = appends("lone.txt", "g"), writes = "lone.*" } }, { run_in_background = true })
wait(jobs)
assert(group:wait().success and whole "lone.txt", fs.read "lone.txt")

-- What a task starts works on its behalf, and is not in its way; the tasks that it starts are in each other's.
local outer = task {
  id = "outer", writes = "inner.txt",
  fn = function()
    return task_group({
      { id = "in1", command = appends("inner.txt", 1), writes = "inner.txt" },
      { id = "in2", command = appends("inner.txt", 2), writes = "inner.txt" },
    }, { timeout = "60s" }).success
  end,
}
assert(outer.success and outer.output == "true" and whole "inner.txt")

-- A cancelled one is in nobody's way any more.
local first = spawn { command = "sleep 60", writes = "gone" }
local second = spawn { command = "sleep 60", writes = "gone" }
local third = spawn { command = "echo free", writes = "gone" }
second:cancel()
first:cancel()
assert(wait(third).output == "free\n")

-- Switched off, they run side by side.
results = task_group({
  { id = "a", command = meets("o1", "o2"), writes = "off" },
  { id = "b", command = meets("o2", "o1"), writes = "off" },
}, { conflict_detection = false, timeout = "60s" })
assert(results.success)
