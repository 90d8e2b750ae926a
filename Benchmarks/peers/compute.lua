-- Plain Lua: calls, floats, strings, tables.
local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
local sum = fib(32)
local x, v = 0.0, 1.0
for i = 1, 2e7 do x = x + v * 1e-3; v = v - x * 1e-3 end
local parts = {}
for i = 1, 4e5 do parts[#parts + 1] = ("%d:%s"):format(i, i % 7) end
local text = table.concat(parts, ",")
local count = 0
for word in text:gmatch("%d+:3") do count = count + #word end
table.sort(parts)
local objects = {}
for i = 1, 1e6 do objects[i % 1000] = { i, name = i } end
print(sum, count, #text, x ~= v)
