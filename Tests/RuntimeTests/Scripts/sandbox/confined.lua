-- A sandboxed job touches what it may, and its end is told as that of any other job.
local fs = require "fs"
fs.mkdir "src"
fs.mkdir(".git/hooks", { parents = true })

local result = task {
  sandbox = "workspace",
  command = [[
    echo text > src/made.txt && echo made
    echo evil > .git/hooks/post-checkout || echo no-hook
    echo evil > "$STATE/registry.db" || echo no-state
    mkdir .agentscript/x || echo no-folder
    exit 7
  ]],
  env = { STATE = run.dir },
}
assert(result.reason == "exit_nonzero" and result.exit_code == 7, tostring(result))
for _, word in ipairs { "made", "no%-hook", "no%-state", "no%-folder" } do assert(result.output:find(word), result.output) end
assert(fs.read "src/made.txt" == "text\n" and not fs.exists ".git/hooks/post-checkout")

-- A signal is a signal, and an attempt more is a sandbox more.
result = task { command = "kill -9 $$", sandbox = "read-only", retries = 1 }
assert(result.reason == "signal" and result.signal == 9 and result.attempts == 2, tostring(result))

-- Only what is listed.
fs.write("src/listed.txt", "listed\n")
fs.write("hidden.txt", "hidden\n")
result = task { command = "cat src/listed.txt; cat hidden.txt", sandbox = { read = { "src" } } }
assert(result.output:find "listed" and not result.output:find "^hidden" and not result.success)

-- The network is off, and the loopback too is the job's own.
result = task { command = "cat /proc/net/dev", sandbox = {} }
for line in result.output:gmatch "[^\n]+" do
  local name = line:match "^%s*([%w.-]+):"
  assert(name == nil or name == "lo", line)
end
