-- keep_children ends the first process alone; what it has started goes on until the run ends.
local fs = require "fs"
local folder = assert(fs.tmpdir())
local job = spawn { command = "sh -c 'while :; do date > alive; sleep 0.05; done' & wait", cwd = folder }
while not fs.exists(folder .. "/alive") do sleep(5) end
assert(cancel(job, "only the first", { keep_children = true }))
local result = wait(job)
assert(result.status == "cancelled" and result.error:find("only the first", 1, true), tostring(result))
assert(fs.remove(folder .. "/alive"))
local again = false
for _ = 1, 400 do
  if fs.exists(folder .. "/alive") then again = true break end
  sleep(10)
end
assert(again, "its child lives")
local ok, why = pcall(cancel, job, "x", { keep_childs = true })
assert(not ok and why:find("did you mean 'keep_children'", 1, true), why)
