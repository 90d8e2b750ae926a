-- options: --timeout 300ms
-- expect-exit: 124
-- expect-stderr: it is stuck inside a C function
-- A pattern match that would take a minute: no hook reaches it, the process ends all the same.
local s = ("a"):rep(32)
s:find(("a?"):rep(32) .. s)
