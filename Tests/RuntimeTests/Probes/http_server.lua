-- For scripts that need a server: starts the fault server, and returns its job and a function that makes URLs.
local json = require "json"
local path = require "path"

return function(...)
  local script = path.join(path.dirname(arg[0]), "../../../ModelsTests/Transport/faults.py")
  local job = spawn { description = "server", command = { "python3", script, "--stay", ... } }
  local said
  repeat
    sleep(20)
    assert(status(job) ~= "failed", "the fault server does not start")
    said = (read_output(job) or ""):match "{.-}"
  until said
  local ports = json.decode(said)
  return job, function(p, port) return ("http://127.0.0.1:%d%s"):format(port or ports.port, p) end, ports
end
