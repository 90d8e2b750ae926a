--[[ What `agentscript spawn` and the runners of detached jobs run: one task, by its spec as JSON.

launch.foreground(spec, as_json)   runs it, writes what it said (or its result as JSON), and ends the program: with 0, with
                                   124 after a time-out, else with 1
launch.runner()                    reads the spec from standard input, answers with one line of JSON on standard output, the
                                   job's id or an error, and stays until the job has ended
]]
local host = require "agentscript.host"
local json = require "json"
local launch = {}

local function leave(result)
  io.stdout:flush()
  os.exit(result.success and 0 or result.status == "timed_out" and 124 or 1, true)
end

function launch.foreground(text, as_json)
  local result = host.task(json.decode(text))
  if as_json then
    io.write(json.encode(result), "\n")
  else
    io.write(result.output)
    if result.error then io.stderr:write("agentscript: ", result.error, "\n") end
  end
  leave(result)
end

function launch.runner()
  local spec = json.decode(io.read("a"))
  local ok, job = pcall(host.spawn, spec)
  -- The place is none of the caller's.
  local problem = not ok and tostring(job):gsub("^%(command line%):%d+: spawn: ", "")
  io.write(json.encode(ok and { id = job.id } or { error = problem }), "\n")
  io.stdout:flush()
  -- Whoever waits for the answer goes away after it.
  host.leave_standard_streams()
  if not ok then os.exit(2, true) end
  leave(job:wait())
end

return launch
