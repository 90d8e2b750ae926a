-- expect-stderr: todo: Building the API (0 of 2 done)
-- expect-stderr: on("job_started"): 
-- What there is to do is kept with the run; what happens can be listened to.
local json, fs = require "json", require "fs"

local heard = {}
local function listen(event)
  on(event, function(e)
    assert(e.event == event)
    heard[#heard + 1] = event .. ":" .. tostring(e.name or e.question or #(e.items or {}))
    heard[event] = e
  end)
end
for _, event in ipairs { "job_started", "job_progress", "job_completed", "phase", "todo", "asked", "answered" } do listen(event) end
-- A listener that fails is told, and fails nobody.
on("job_started", function() error "deaf" end)

phase "one"
todo {
  { content = "Build the API", status = "in_progress", activeForm = "Building the API" },
  { content = "Write tests" },
}
local r = task { name = "build", command = "echo '[PROGRESS] 40% half'; exit 2" }
ask { question = "Go on?", default = "yes", timeout = 50 }
sleep(1)
assert(table.concat(heard, " "):find "phase:one", table.concat(heard, " "))
local line = table.concat(heard, " ")
assert(line == "phase:one todo:2 job_started:build job_progress:build job_completed:build asked:Go on? answered:Go on?", line)
local ended = heard.job_completed
assert(ended.success == false and ended.status == "failed" and ended.exit_code == 2 and ended.job == r.job)
assert(heard.job_progress.percentage == 40 and heard.answered.answer == "yes")

-- state.json has the list within about a second, in the documented shape.
local state
for _ = 1, 300 do
  state = json.decode(fs.read(run.dir .. "/state.json") or "{}")
  if state.todo and #state.todo == 2 then break end
  sleep "20ms"
end
assert(state.todo[1].activeForm == "Building the API" and state.todo[1].status == "in_progress")
assert(state.todo[2].content == "Write tests" and state.todo[2].status == "pending" and state.todo[2].activeForm == "Write tests")
todo {}
