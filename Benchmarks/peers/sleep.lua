local functions = {}
for i = 1, tonumber(arg[1]) do functions[i] = function() sleep(1000) end end
parallel(functions)
