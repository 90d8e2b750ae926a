-- Each limit of a job ends it, with the reason of that limit, and a sentence that names it.
local function run(spec) return task(spec) end
local function check(result, status, reason, words)
  assert(result.status == status and result.reason == reason, tostring(result) .. " " .. tostring(result.reason))
  assert((result.error or ""):find(words, 1, true), result.error)
  return result
end

-- Silence is no life, work is: a busy shell outlives a limit that it would exceed ten times.
check(run { command = "sleep 60", idle_timeout = "500ms" }, "timed_out", "idle_timeout", "500ms")
local busy = run { command = "end=$(($(date +%s) + 3)); while [ $(date +%s) -lt $end ]; do :; done", idle_timeout = "400ms" }
assert(busy.success, tostring(busy))
local copier = [[dd if=/dev/zero of=big bs=64k count=16 2>/dev/null
  for i in 1 2 3 4 5 6 7 8 9 10; do cat big > copy; sleep 0.1; done]]
assert(run { command = copier, idle_timeout = "500ms", cwd = assert(require("fs").tmpdir()) }.success, "a disk at work is life")
local child = "sh -c 'n=0; while [ $n -lt 60 ]; do n=$((n + 1)); sleep 0.02; done' & wait"
assert(run { command = child, idle_timeout = "500ms" }.success, "so is a child at work")
local chatty = run { command = "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.2; done", idle_timeout = "600ms" }
assert(chatty.success, tostring(chatty))

-- What is written stays.
local writer = check(run { command = "yes", limits = { output = "2M" } }, "failed", "output_limit", "2 MiB")
assert(fs == nil)
local size = require("fs").size(writer.output_file)
assert(size > 2 * 1024 * 1024 and size < 2 * 1024 * 1024 + 512 * 1024 * 1024, size)

-- Also a child's memory and a child's CPU time, and their sums. awk holds what it makes.
local eater = [[awk 'BEGIN { for (i = 0; i < 4000000; i++) a[i] = i "some words that take some room"; system("sleep 20") }']]
check(run { command = eater .. " & wait", limits = { memory = "48M" } }, "failed", "memory_limit", "48 MiB")
local spin = "while :; do :; done"
check(run { command = spin .. " & " .. spin .. " & wait", limits = { cpu = "600ms" } }, "timed_out", "timeout", "CPU time")

assert(run { command = "ulimit -n", limits = { nofile = 77 } }.output == "77\n")

-- Four fifths of a limit are warned of, once.
local warnings = 0
run {
  command = "sleep 1.9", timeout = "2s",
  on_progress = function(event)
    if event.text and event.text:find("^warning: ") then warnings = warnings + 1 end
  end,
}
assert(warnings == 1, warnings)
