-- wait, wait_any, as_completed, wait_for_completion, status, jobs.
local fs = require "fs"
local folder = assert(fs.tmpdir())
local function gate(name) return ("until [ -e %s ]; do sleep 0.02; done; echo %s"):format(name, name) end
local function open(name) assert(fs.write(folder .. "/" .. name, "")) end
local function gated(name) return spawn { command = gate(name), cwd = folder, name = name } end

-- One job, many times, in every form.
local job = gated "a"
local result, why = wait(job, 50)
assert(result == nil and why == "timeout" and job.status ~= "completed")
result, why = job:wait "50ms"
assert(result == nil and why == "timeout")
assert(wait_for_completion(job, "50ms") ~= nil and wait_for_completion(job.output_file, "50ms").success == false)
assert(wait_for_completion(job, 50).error:lower():find "time")
open "a"
result = wait(job)
assert(result.success and result.output == "a\n")
assert(wait(job).id == result.id and wait(job.id).output == "a\n" and wait(result).output == "a\n" and job:wait().success)
assert(wait_for_completion(job).success and wait_for_completion(job.output_file).output == "a\n")
local no = wait_for_completion(folder .. "/nothing.log")
assert(no.success == false and no.error:find "nothing.log")

-- A list, in its order, also while it is timed out.
local b, c = gated "b", gated "c"
open "c"
local results
results, why = wait({ b, c }, 100)
assert(results == nil and why == "timeout" and b.status ~= "completed")
open "b"
results = wait { b, c }
assert(#results == 2 and results[1].output == "b\n" and results[2].output == "c\n")
assert(#wait {} == 0)

-- The first that ends.
local d, e = gated "d", gated "e"
result, why = wait_any({ d, e }, 50)
assert(result == nil and why == "timeout")
open "e"
local index
result, index = wait_any { d, e }
assert(result.output == "e\n" and index == 2)
assert(wait_any({ d, e }).output == "e\n")

-- In order of ending.
local f = gated "f"
local order = {}
for r, i in as_completed { f, d, e } do
  order[#order + 1] = r.name .. i
  if r.name == "e" then open "d" end
  if r.name == "d" then open "f" end
end
assert(table.concat(order, " ") == "e3 d2 f1", table.concat(order, " "))

-- status and jobs.
local g = gated "g"
while status(g) ~= "running" do sleep(10) end
local word, record = status(g)
assert(word == "running" and record.id == g.id and record.pid and record.command:find "until")
assert(status(g.id) == "running" and status(result) == "completed")
local running = jobs { status = "running" }
assert(#running == 1 and running[1].id == g.id)
assert(#jobs { run = "all" } >= #jobs() and #jobs() >= 7 and #jobs { run = run.id } == #jobs())
open "g"
wait(g)
assert(#jobs { status = "running" } == 0)

-- Two coroutines may wait for the same job; each hears of its end.
local h = gated "h"
local heard = parallel {
  function() return wait(h).output end,
  function() return wait(h.id).output end,
  function() open "h" end,
}
assert(heard[1] == "h\n" and heard[2] == "h\n")

assert(fs.remove(folder, { recursive = true }))
