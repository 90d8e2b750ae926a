-- hedge: a second copy of a command that takes long.
local fs = require "fs"

local tail = 'echo "copy $AGENTSCRIPT_COPY"; [ "$AGENTSCRIPT_COPY" = 1 ] && sleep 60; echo done'
local r = task { command = tail, hedge = "200ms" }
assert(r.success and r.hedged == "won" and r.output == "copy 2\ndone\n" and r.attempts == 1, r.output)
assert(read_output(r):find "copy 1", "the log keeps what the first copy said")
r = task { command = "echo quick", hedge = "60s" }
assert(r.success and r.hedged == nil)
r = task { command = '[ "$AGENTSCRIPT_COPY" = 1 ] && { sleep 0.6; echo first; exit 0; }; sleep 60', hedge = 100 }
assert(r.success and r.hedged == "lost" and r.output == "first\n", r.output)

-- With retries and a gate.
r = task {
  command = 'echo "$AGENTSCRIPT_ATTEMPT.$AGENTSCRIPT_COPY"; [ "$AGENTSCRIPT_COPY" = 2 ] || sleep 60',
  hedge = 100, retries = 3, gate = function(result) return result.output == "2.2\n", result.output end,
  timeout = "2s",
}
assert(r.success and r.attempts == 2 and r.output == "2.2\n" and r.hedged == "won", r.error)
assert(#r.history == 2)

-- Nothing of it lasts.
for _, name in ipairs(assert(fs.list(r.output_file:match "^(.*)/"))) do
  assert(name:sub(1, 5) ~= ".tmp-", name)
end
