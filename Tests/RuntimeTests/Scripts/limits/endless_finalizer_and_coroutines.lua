-- options: --timeout 500ms
-- expect-exit: 124
-- Endless work in places from which an interruption has to find its way out.
local deep = coroutine.wrap(function()
  local inner = coroutine.wrap(function() while true do coroutine.yield() end end)
  while true do inner() end
end)
local held <close> = setmetatable({}, { __close = function() while true do end end })
deep()
