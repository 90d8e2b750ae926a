-- A graph of tasks from a JSON file: graph.lua FILE SLOTS
local specs = require("json").decode(assert(require("fs").read(arg[1])))
local results = task_group(specs, { max_concurrency = math.tointeger(tonumber(arg[2])) })
assert(results.success and #results == #specs)
