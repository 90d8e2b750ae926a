-- A job has no controlling terminal unless it asks for one, and then one of its own.
assert(task { command = "test -t 0 || test -t 1 || (: < /dev/tty) 2>/dev/null || echo none" }.output == "none\n")

local result = task { command = "test -t 0 && test -t 1 && test -t 2 && : < /dev/tty && stty size", tty = true }
assert(result.output == "40 120\n", tostring(result) .. result.output)

-- What it reads is typed in; then comes the end of the input, in the middle of a line too.
assert(task { command = "cat; echo .", stdin = "one\ntwo", tty = true }.output:gsub("%s", "") == "onetwo.")
-- A lot of output comes whole, and in order.
local many = task { command = "seq 20000", tty = true }
local seen = 0
for line in read_output(many.job, { max_bytes = 10000000 }):gmatch("[^\n]+") do
  if line == tostring(seen + 1) then seen = seen + 1 end
end
assert(seen == 20000, seen)
-- Ends are told as without.
assert(task { command = "exit 7", tty = true }.exit_code == 7)
assert(task { command = "sleep 30", tty = true, timeout = "200ms" }.status == "timed_out")
