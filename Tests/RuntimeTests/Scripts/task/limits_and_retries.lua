-- Timeouts, retries, progress of commands.
local fs = require "fs"
local time = require "time"

local r = task { command = "echo started; sleep 60", timeout = "3s" }
assert(r.success == false and r.status == "timed_out" and r.reason == "timeout", r.status)
assert(r.output == "started\n" and r.error:find "3", r.error)
r = task { command = "sleep 60", timeout = 200 }
assert(r.status == "timed_out")

-- A command that does not heed SIGTERM is killed after the grace period.
local ms
ms, r = time.measure(task, { command = "trap '' TERM; echo armed; while :; do sleep 1; done", timeout = "3s" })
assert(r.status == "timed_out" and ms > 4000 and ms < 30000, ms)
-- One that tidies up has its say.
r = task { command = "trap 'echo tidied; exit 0' TERM; echo armed; while :; do sleep 0.1; done", timeout = "3s" }
assert(r.status == "timed_out" and r.output:find "^armed\n" and r.output:find "tidied\n$", r.output)

-- Retries.
local folder = assert(fs.tmpdir())
r = task { command = 'echo x >> tries; test "$(wc -l < tries)" -ge 3', cwd = folder, retries = 5, retry_delay = "10ms" }
assert(r.success and r.attempts == 3, r.attempts)
r = task { command = "echo again; exit 9", retries = 2, retry_delay = 1 }
assert(not r.success and r.attempts == 3 and r.exit_code == 9 and r.output == "again\n", r.output)
local _, whole = fs.read(r.output_file):gsub("again\n", "")
assert(whole == 3, "the file keeps every attempt")

-- Progress lines become events.
local events = {}
r = task {
  command = [[echo '[PROGRESS] 40% compiling'; echo plain; echo '[PROGRESS] linking'; echo '[PROGRESS] 100%']],
  on_progress = function(p) events[#events + 1] = p end,
}
assert(r.success and #events >= 3, #events)

-- Background: the job comes at once, and its fields follow it.
local job = spawn { command = "read line; echo got $line", stdin = "it\n", name = "bg" }
assert(job.id and job.output_file and job.name == "bg" and tostring(job):find(job.id, 1, true))
r = job:wait()
assert(r.success and r.output == "got it\n" and job.status == "completed" and r.id == job.id)
assert(task { command = "true", run_in_background = true }:wait().success)

-- Ids of the caller's own; generated ones are unique and readable.
r = task { id = "my-own.id_1", command = "true" }
assert(r.id == "my-own.id_1" and r.output_file:find "/my%-own%.id_1%.log$")
local a, b = task { description = "Build the App!", command = "true" }, task { description = "Build the App!", command = "true" }
assert(a.id ~= b.id and a.id:find "^build%-the%-app%-", a.id)

assert(fs.remove(folder, { recursive = true }))
