-- options: --memory-limit 50M
-- expect-exit: 1
-- expect-stderr: not enough memory
local t = {}
while true do t[#t + 1] = ("x"):rep(1000) .. #t end
