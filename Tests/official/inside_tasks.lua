-- Runs each file of the official suite, in the working directory, as the function of a task.
--
-- Left out: all.lua and main.lua (they drive the others and the command line), heavy.lua and verybig.lua (gigabytes),
-- big.lua's main part and the rest of what all.lua itself leaves to _soft and _port.
_U, _soft, _port, _nomsg = true, true, true, true
local names = {
  "gc", "db", "calls", "strings", "literals", "tpack", "attrib", "gengc", "locals", "constructs", "code", "nextvar",
  "pm", "utf8", "api", "events", "vararg", "closure", "coroutine", "goto", "errors", "math", "sort", "bitwise",
  "files", "cstack", "bwcoercion", "tracegc",
}
local failures = {}
for _, name in ipairs(names) do
  local result = task { name = name, fn = function() assert(loadfile(name .. ".lua"))() end }
  if not result.success then failures[#failures + 1] = name .. ": " .. tostring(result.error) end
end
for _, failure in ipairs(failures) do io.stderr:write(failure, "\n") end
return { success = #failures == 0 }
