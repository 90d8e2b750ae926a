-- A graph of tasks from a JSON file: graph.lua FILE
local specs = require("json").decode(assert(require("fs").read(arg[1])))
local results = task_group(specs)
assert(results.success and #results == #specs)
