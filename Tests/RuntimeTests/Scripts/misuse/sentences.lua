-- Misuse is an error at the call: what is wrong, what was given, what is accepted.
local here = debug.getinfo(1, "S").short_src

local function refused(f, ...)
  local level = 2
  while debug.getinfo(level, "S").what ~= "main" do level = level + 1 end
  local line = debug.getinfo(level, "l").currentline
  local ok, message = pcall(f)
  assert(not ok, "line " .. line .. " was accepted")
  message = tostring(message)
  assert(message:find(here .. ":%d+: ") == 1 or message:find("sentences.lua:%d+: "), "line " .. line .. ": " .. message)
  for _, part in ipairs { ... } do
    assert(message:find(part, 1, true), ("line %d: %q is not in: %s"):format(line, part, message))
  end
end

local function r(spec, ...) refused(function() return task(spec) end, ...) end

-- Specs.
r({}, "task", "command", "prompt", "fn")
r({ description = "just words" }, "just words", "command", "prompt", "fn")
r({ command = "true", prompt = "do it" }, "command", "prompt")
r({ command = "true", fn = print }, "command", "fn")
r({ command = "true", tiemout = "5m" }, "tiemout", "did you mean 'timeout'?")
r({ command = "true", name = "build", comand = "x" }, "build", "comand", "did you mean 'command'?")
r({ command = "true", timeout = "5 parsecs" }, "timeout", "5 parsecs", "10s")
r({ command = "true", timeout = -1 }, "timeout", "-1")
r({ command = "true", timeout = {} }, "timeout", "table")
r({ command = "true", timeout = 0 / 0 }, "timeout")
r({ command = 7 }, "command", "7")
r({ command = "" }, "command", "empty")
r({ command = "  " }, "command", "empty")
r({ command = {} }, "command")
r({ command = { "echo", {} } }, "command")
r({ command = "a\0b" }, "NUL")
r({ command = { "echo", "a\0b" } }, "NUL")
r({ command = "echo \xFF" }, "the command", "UTF-8")
r({ command = { "echo", "\xFF" } }, "word 2", "UTF-8")
r({ command = "true", cwd = "\xFF" }, "cwd", "UTF-8")
r({ command = "true", env = { A = "\xFF" } }, "env.A", "UTF-8")
r({ prompt = "" }, "prompt", "empty")
r({ fn = "print" }, "fn", "function")
r({ command = "true", retries = -1 }, "retries", "-1")
r({ command = "true", retries = 1.5 }, "retries")
r({ command = "true", env = { 1 } }, "env")
r({ command = "true", env = "A=1" }, "env", "A=1")
r({ command = "true", env = { ["A=B"] = "x" } }, "env")
r({ command = "true", env = { A = {} } }, "env", "A")
r({ command = "true", cwd = 5 }, "cwd", "5")
r({ command = "true", cwd = "a", workdir = "b" }, "cwd", "workdir")
r({ command = "true", agent = "A", subagent_type = "B" }, "agent", "subagent_type")
r({ command = "true", stdin = true }, "stdin")
r({ command = "true", labels = "web" }, "labels", "a table of names and strings", "web")
r({ command = "true", labels = { "web" } }, "labels", "a table of names and strings")
r({ command = "true", labels = { team = {} } }, "labels.team", "a string, a number or a boolean", "a table")
r({ command = "true", phase = 1 }, "phase", "a string", "1")
r({ command = "true", phase = "" }, "phase", "a name")
r({ command = "true", topic = {} }, "topic", "a string")
refused(function() phase "" end, "phase", "something in it")
refused(function() phase(3) end, "phase", "3")
refused(function() task_group({}, { labels = 1 }) end, "task_group", "labels")
refused(function() jobs { label = "team" } end, "jobs", "label", "a table")
r({ command = "true", run_in_background = "yes" }, "run_in_background", "yes")
r({ command = "true", on_progress = "x" }, "on_progress", "function")
r({ command = "true", [1] = "x" }, "1")
r({ command = "true", [true] = 1 }, "boolean")
r({ command = "true", dependencies = { "a" } }, "dependencies", "task_group")
r("Explore", "prompt")
r(nil, "nil")
r(5, "5")
refused(function() task("Explore", "p", 5) end, "5")
refused(function() spawn { comand = "x" } end, "spawn", "comand")

r({ command = "true", limits = 5 }, "limits", "table")
r({ command = "true", limits = { memory = "lots" } }, "memory", "64M")
r({ command = "true", limits = { memroy = "64M" } }, "memroy", "did you mean 'memory'")
r({ command = "true", limits = { nofile = 2 } }, "nofile", "from 8")
r({ command = "true", idle_timeout = "5 parsecs" }, "idle_timeout", "5m")
r({ command = "true", sandbox = "work-space" }, "sandbox", "workspace")
r({ fn = function() end, limits = { cpu = "1s" } }, "limits", "command")
r({ fn = function() end, tty = true }, "tty", "command")

-- What belongs to parts that are not built yet is refused, not ignored.
for _, option in ipairs { "model", "max_cost", "priority", "gate", "when", "speculative", "reads", "cache" } do
  r({ command = "true", [option] = "x" }, option, "not there yet")
end
refused(function() task_group({}, { plan_only = true }) end, "plan_only", "not there yet")
refused(function() task_group({}, { max_concurrency = "auto" }) end, "auto", "not there yet")
refused(function() ask { question = "?" } end, "ask", "not there yet")

-- Ids.
r({ id = "a/b", command = "true" }, "a/b")
r({ id = "../x", command = "true" }, "../x")
r({ id = "", command = "true" }, "id")
r({ id = ".hidden", command = "true" }, ".hidden")
r({ id = ("x"):rep(200), command = "true" }, "128")
r({ id = "a b", command = "true" }, "a b")
r({ id = "ü", command = "true" }, "ü")
r({ id = 7, command = "true" }, "id", "7")
assert(task { id = "once", command = "true" }.success)
r({ id = "once", command = "true" }, "once")

-- Groups.
local function g(specs, options, ...)
  local parts = table.pack(...)
  refused(function() return task_group(specs, options) end, table.unpack(parts))
end
local ran = false
local function marks() return { id = "m", fn = function() ran = true end } end
g({ marks(), { id = "a", command = "true", dependencies = { "nowhere" } } }, nil, "a", "nowhere")
g({ marks(), { id = "a", command = "true", dependencies = { "b" } }, { id = "b", command = "true", dependencies = { "a" } } }, nil, "a", "b", "circle")
g({ marks(), { id = "a", command = "true", dependencies = { "a" } } }, nil, "a")
g({ marks(), { id = "a", command = "true" }, { id = "a", command = "false" } }, nil, "a")
g({ marks(), { id = "a", command = "true" }, { comand = "true" } }, nil, "task 3", "comand")
g({ marks(), { id = "a", command = "true", dependencies = "m" } }, nil, "dependencies")
g({ marks() }, { fail_fats = true }, "fail_fats", "did you mean 'fail_fast'?")
g({ marks() }, { mode = "diagonal" }, "mode", "diagonal", "sequential")
g({ marks() }, { max_concurrency = 0 }, "max_concurrency", "0")
g({ marks() }, { timeout = "soon" }, "timeout", "soon")
g({ marks() }, "fast", "fast")
g(nil, nil, "nil")
g({ command = "true" }, nil, "list")
assert(not ran, "nothing of a refused group may run")

-- Waiting and looking.
refused(function() wait(5) end, "wait", "5")
refused(function() wait() end, "wait", "nil")
refused(function() wait "no-such-job" end, "no-such-job")
refused(function() wait "onec" end, "onec", "did you mean 'once'?")
refused(function() wait({ 1 }) end, "1")
refused(function() wait("once", "5 parsecs") end, "5 parsecs")
refused(function() wait_any {} end, "wait_any")
refused(function() wait_any(5) end, "wait_any", "5")
refused(function() as_completed(5) end, "as_completed", "5")
refused(function() cancel(5) end, "cancel", "5")
refused(function() cancel("once", 5) end, "reason", "5")
refused(function() read_output(5) end, "read_output", "5")
refused(function() read_output("once", { tial = 3 }) end, "tial", "did you mean 'tail'?")
refused(function() read_output("once", { tail = -3 }) end, "tail", "-3")
refused(function() jobs { status = "runing" } end, "status", "runing")
refused(function() jobs(5) end, "5")
refused(function() sleep() end, "sleep", "nil")
refused(function() sleep "5 parsecs" end, "5 parsecs")
refused(function() sleep(-1) end, "-1")

-- Combinators.
refused(function() parallel(5) end, "parallel", "number")
refused(function() parallel { "x" } end, "parallel", "1")
refused(function() parallel({}, { setle = true }) end, "setle", "did you mean 'settle'?")
refused(function() race {} end, "race")
refused(function() pipeline({ 1 }) end, "pipeline")
refused(function() pipeline({ 1 }, "x") end, "pipeline", "string")
refused(function() timeout("5 parsecs", print) end, "5 parsecs")
refused(function() timeout(5) end, "timeout", "function")
refused(function() retry({ attemps = 3 }, print) end, "attemps", "did you mean 'attempts'?")
refused(function() retry({ attempts = 0 }, print) end, "attempts")
refused(function() retry({}, 5) end, "retry", "function")
refused(function() async(5) end, "async", "number")
refused(function() progress {} end, "progress")
refused(function() progress(2) end, "progress", "2")

-- Through the library the script's line is blamed, too.
local shell, patterns = require "shell", require "patterns"
refused(function() local _ = shell.run("true", { tiemout = 1 }) end, "tiemout", "did you mean 'timeout'?")
refused(function() local _ = patterns.run_background_task("x", "true", { tiemout = 1 }) end, "tiemout")

-- Failures of the system are results, not errors.
local missing = task { command = { "/no/such/program" } }
assert(missing.status == "failed" and missing.reason == "spawn_failed" and missing.error:find("/no/such/program", 1, true), missing.error)
local nowhere = task { command = "true", cwd = "/no/such/folder" }
assert(nowhere.status == "failed" and nowhere.reason == "spawn_failed" and nowhere.error:find("/no/such/folder", 1, true), nowhere.error)
assert(task { command = "no-such-program-in-path" }.exit_code == 127)
assert(task { command = { "/etc/passwd" } }.reason == "spawn_failed")
