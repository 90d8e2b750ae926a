-- expect-stderr: from the script
-- expect-no-stderr: from the task
-- Lua functions as tasks.
local fs = require "fs"

local r = task { fn = function() return "text" end, name = "f" }
assert(r.success and r.status == "completed" and r.output == "text" and r.data == nil and r.exit_code == nil)

r = task { fn = function() return { count = 2, list = { 1, 2 } } end }
assert(r.data.count == 2 and r.data.list[2] == 2 and r.output:find '"count"')

r = task { fn = function() end }
assert(r.success and r.output == "" and r.data == nil)

-- What it raises is its failure; the script goes on.
r = task { fn = function() error "broken" end, name = "g" }
assert(not r.success and r.status == "failed" and r.reason == "script_error" and r.error:find "functions.lua:%d+: broken")
assert(fs.read(r.output_file):find("broken", 1, true))
r = task { fn = function() error { code = 7 } end }
assert(r.status == "failed" and r.reason == "script_error")
r = task { fn = function() local x = nil; return x.y end }
assert(r.reason == "script_error" and r.error:find "index a nil value")

-- Tasks inside tasks; upvalues are the script's own.
local seen = {}
r = task {
  name = "outer",
  fn = function()
    local inner = task { fn = function() seen[#seen + 1] = "inner"; return "deep" end }
    local command = task { command = "echo shell" }
    return inner.output .. " " .. command.output
  end,
}
assert(r.output == "deep shell\n" and seen[1] == "inner")

-- More functions than the pool has slots may wait for their children.
local parents = {}
for i = 1, 30 do
  parents[i] = { fn = function() return task { command = { "echo", i } }.output end }
end
local results = task_group(parents)
assert(results.success and results[30].output == "30\n")

-- print is the script's; log and progress belong to the task.
local reported = {}
r = task {
  name = "talker",
  fn = function()
    log("from the task")
    require "log".warn "careful, from the task"
    progress(0.5, "half way")
    progress "nearly"
    return "done"
  end,
  on_progress = function(p) reported[#reported + 1] = p end,
}
log "from the script"
local text = fs.read(r.output_file)
assert(text:find("from the task", 1, true) and text:find("warn: careful", 1, true))
assert(text:find("[PROGRESS] 50% half way", 1, true) and text:find("[PROGRESS] nearly", 1, true), text)
assert(#reported >= 1, "on_progress was not called")

-- Retries and timeouts hold for functions, too.
local calls = 0
r = task { retries = 2, fn = function() calls = calls + 1; if calls < 3 then error "not yet" end return "third" end }
assert(r.success and r.attempts == 3 and r.output == "third" and calls == 3)
r = task { timeout = "200ms", fn = function() sleep "1h" end }
assert(r.status == "timed_out" and r.reason == "timeout", r.status)
