-- options: --timeout 300ms
-- expect-exit: 124
-- expect-stderr: ended: timeout
-- A pcall in the loop does not keep the script alive.
while true do pcall(function() while true do end end) end
