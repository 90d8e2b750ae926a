-- Where a sandbox cannot be what was asked for, the job is not run.
local fs = require "fs"

local result = task { command = "touch ran", sandbox = { write = { "no-such-folder" } } }
assert(result.reason == "spawn_failed" and result.error:find("'no-such-folder' is not there", 1, true), tostring(result))
result = task { command = "touch ran", sandbox = { write = { "~" } } }
assert(result.reason == "spawn_failed" and result.error:find "home folder", tostring(result))
result = task { command = { "./program" }, sandbox = "read-only" }
assert(result.reason == "spawn_failed" and result.error:find("the program './program' is not there", 1, true), tostring(result))
assert(not fs.exists "ran")

local function complaint(spec)
  local ok, problem = pcall(task, spec)
  assert(not ok)
  return tostring(problem)
end
local text = complaint { name = "build", command = "true", sandbox = "workspce" }
assert(text:find('task \'build\': sandbox must be "read-only", "workspace", a table', 1, true), text)
assert(text:find('did you mean "workspace"?', 1, true), text)
text = complaint { command = "true", sandbox = { wirte = {} } }
assert(text:find("unknown option 'wirte'", 1, true) and text:find("did you mean 'write'?", 1, true), text)
text = complaint { command = "true", sandbox = { net = "host\0.allowed.com" } }
assert(text:find("sandbox: net must be true or false", 1, true), text)
text = complaint { command = "true", sandbox = { read = { "a\0b" } } }
assert(text:find("path 1 of read contains a NUL byte", 1, true), text)
