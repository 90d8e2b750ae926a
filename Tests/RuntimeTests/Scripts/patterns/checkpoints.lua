-- patterns.checkpoint: what is complete is not done again; the file says so at every moment.
local fs, json, patterns = require "fs", require "json", require "patterns"

local function names(list) return table.concat(list, " ") end
local function state() return json.decode(assert(fs.read "completion.json")) end

-- From nothing: each status stands in the file while and after its step.
local done = {}
local outcome = patterns.checkpoint {
  file = "completion.json",
  features = { "login", "profile", "search" },
  step = function(name, item, feature, save)
    assert(item == name and state().features[name].status == "in_progress" and feature.attempts == 1)
    if name == "login" then
      assert(state().features.search.status == "pending")
      feature.notes = { "half" }
      save()
      assert(state().features.login.notes[1] == "half")
    end
    done[#done + 1] = name
    return task { command = name == "profile" and "echo no profile; exit 3" or "true" }
  end,
}
assert(names(done) == "login profile search" and outcome.success == false)
assert(names(outcome.completed) == "login search" and #outcome.reused == 0)
assert(outcome.failed[1].name == "profile" and outcome.failed[1].error:find "exit code 3")
local file = state()
assert(file.features.login.status == "complete" and file.features.login.notes[1] == "half")
assert(file.features.login.completed_at and math.type(file.features.login.duration_ms) == "integer")
assert(file.features.profile.status == "failed" and file.features.profile.error:find "exit code 3")
assert(outcome.completion.features.search.status == "complete")

-- The next run does what is left; what else is in the file stays.
file.owner, file.features.other = { "somebody" }, { status = "in_progress", step = "tests" }
file.features.search.status = "in_progress"
assert(fs.write("completion.json", json.encode(file)))
done = {}
outcome = patterns.checkpoint {
  file = "completion.json",
  features = { "login", "profile", "search", "new" },
  step = function(name, _, feature)
    done[#done + 1] = name
    if name == "profile" then assert(feature.attempts == 2 and feature.error == nil) end
  end,
}
assert(outcome.success and names(done) == "profile search new" and names(outcome.reused) == "login")
file = state()
assert(file.owner[1] == "somebody" and file.features.other.step == "tests" and file.features.new.status == "complete")

-- Without a list: what the file has, by name, with its own fields.
done = {}
outcome = patterns.checkpoint {
  file = "completion.json",
  step = function(name, item, feature)
    assert(item == feature and item.step == "tests")
    done[#done + 1] = name
  end,
}
assert(names(done) == "other" and outcome.success and #outcome.reused == 4)
-- All is complete: no step, and nothing is written.
local before = fs.stat "completion.json"
outcome = patterns.checkpoint { file = "completion.json", step = function() error "again" end }
assert(outcome.success and #outcome.reused == 5 and fs.stat("completion.json").inode == before.inode)

-- A run that is killed in a step: the next one begins with that step.
local script = [[
local patterns = require "patterns"
patterns.checkpoint { file = "killed.json", features = { "a", "b", "c" }, step = function(name)
  local f = io.open("did", "a") f:write(name, " ") f:close()
  if name == arg[1] then os.execute("kill -9 " .. io.open("/proc/self/stat"):read "n") end
end }
]]
assert(fs.write("killed.lua", script))
local program = arg[-1]
local home = { AGENTSCRIPT_HOME = fs.cwd() .. "/inner/.agentscript" }
assert(not task({ command = { program, "killed.lua", "b" }, env = home }).success)
assert(json.decode(fs.read "killed.json").features.b.status == "in_progress")
assert(task({ command = { program, "killed.lua" }, env = home }).success)
assert(fs.read "did" == "a b b c ", fs.read "did")
assert(json.decode(fs.read "killed.json").features.b.attempts == 2)

-- What a step raises is its failure, a false one too; fail_fast stops there, and the rest stays pending.
outcome = patterns.checkpoint {
  file = "f.json", fail_fast = true,
  features = { { name = "ok", size = 1 }, { id = "broken" }, { name = "never" } },
  step = function(name, item)
    if name == "ok" then assert(item.size == 1) else error("it broke", 0) end
  end,
}
assert(not outcome.success and names(outcome.completed) == "ok" and outcome.failed[1].error == "it broke")
assert(json.decode(fs.read "f.json").features.never.status == "pending")
outcome = patterns.checkpoint { file = "f.json", step = function() return false end }
assert(#outcome.failed == 2 and outcome.failed[1].error:find "false")

-- Several at a time.
local running, most = 0, 0
outcome = patterns.checkpoint {
  file = "many.json", max_concurrency = 3,
  features = { a = {}, b = {}, c = {}, d = {}, e = {} },
  step = function()
    running = running + 1
    most = math.max(most, running)
    sleep "50ms"
    running = running - 1
  end,
}
assert(outcome.success and most == 3 and #outcome.completed == 5)
for _, feature in pairs(json.decode(fs.read "many.json").features) do assert(feature.status == "complete") end

-- A cancelled step stays in progress.
local why
outcome, why = timeout("200ms", patterns.checkpoint, { file = "c.json", features = { "slow" }, step = function() sleep "1h" end })
assert(outcome == nil and why == "timeout" and json.decode(fs.read "c.json").features.slow.status == "in_progress")

-- A file that is none of ours is refused, and left as it is.
local function refused(text, ...)
  assert(fs.write("bad.json", text))
  local ok, problem = pcall(patterns.checkpoint, { file = "bad.json", features = { "x" }, step = function() error "ran" end })
  assert(not ok and fs.read "bad.json" == text, text)
  for _, part in ipairs { "checkpoints.lua:", "bad.json", "left as it is", ... } do
    assert(tostring(problem):find(part, 1, true), problem)
  end
end
refused('{ "features": { "x": { "status": "comp', "line 1")
refused("", "line 1")
refused("[]", "object")
refused('{ "name": "my-package" }', "no object 'features'")
refused('{ "features": ["x"] }', "features")
refused('{ "features": { "x": "complete" } }', "features.x")
refused('{ "features": { "x": { "status": 1 } } }', "status")

local function misuse(options, text)
  local ok, problem = pcall(patterns.checkpoint, options)
  assert(not ok and tostring(problem):find(text, 1, true), problem)
end
misuse(nil, "table")
misuse({ file = "x.json", stepp = print }, "did you mean 'step'?")
misuse({ step = print }, "file")
misuse({ file = "x.json" }, "step")
misuse({ file = "x.json", step = print, features = { "a", "a" } }, "two features have the name 'a'")
misuse({ file = "x.json", step = print, features = { 5 } }, "name")
misuse({ file = "x.json", step = print, max_concurrency = 0 }, "max_concurrency")
misuse({ file = "/proc/none/x.json", step = print, features = { "a" } }, "/proc/none")
assert(not fs.exists "x.json")
