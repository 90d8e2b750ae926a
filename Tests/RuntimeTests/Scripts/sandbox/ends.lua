-- However a sandboxed job is ended, it may tidy up, and nothing of it goes on.
local fs = require "fs"

-- Landlock lets nothing be made where .git would lie: so the files are there.
local tidy = "trap 'sleep 0.2; echo tidied; exit 3' TERM; echo up > up; while :; do sleep 0.02; done"
fs.mkdir "work"
fs.write("work/up", "")
local result = task { cwd = "work", command = tidy, sandbox = { write = { "." } }, timeout = "500ms" }
assert(result.status == "timed_out" and result.output:find "tidied", tostring(result))

fs.write("work/up", "")
local job = spawn { cwd = "work", command = tidy, sandbox = { write = { "." } } }
while fs.read "work/up" == "" do sleep "10ms" end
job:cancel "enough"
result = job:wait()
assert(result.status == "cancelled" and result.output:find "tidied", tostring(result))

-- What ignores the polite signal and has left the session ends all the same.
local stubborn = "trap '' TERM; setsid sh -c 'while :; do date +%N > beat; sleep 0.02; done' & while [ ! -s beat ]; do sleep 0.01; done; echo gone"
assert(fs.write("work/beat", ""))
result = task { cwd = "work", command = stubborn, sandbox = { write = { "." } } }
assert(result.output:find "gone", tostring(result))
for _ = 1, 100 do
  local before = fs.read "work/beat"
  sleep "100ms"
  if fs.read "work/beat" == before then return end
end
error "a process of the sandbox goes on"
