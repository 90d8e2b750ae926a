-- What there is stands in the manuals, in the annotations and in docs/script-api.md; and nothing else does.
local fs = require "fs"
local path = require "path"

local repository = path.join(path.dirname(arg[0]), "../../../..")
local function text_of(file) return assert(fs.read(path.join(repository, file))) end
local page = text_of "docs/script-api.md"

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return table.concat(list, " ")
end

local function same(what, there, described)
  assert(sorted(there) == sorted(described), ("%s:\nthere:     %s\ndescribed: %s"):format(what, sorted(there), sorted(described)))
end

-- Modules: functions, annotations, manuals, the page.
for _, module in ipairs { "json", "fs", "http", "path", "shell", "time", "log", "env", "patterns" } do
  local there, annotated, in_manual = {}, {}, {}
  for name in pairs(require(module)) do there[name] = true end
  for name in text_of("stdlib/_meta/" .. module .. ".lua"):gmatch("\n[%a ]*" .. module .. "%.([%w_]+)") do annotated[name] = true end
  same("annotations of " .. module, there, annotated)
  local manual = text_of("stdlib/" .. module .. ".lua"):match "^%-%-%[%[(.-)%]%]"
  for name in manual:gmatch("%f[%w]" .. module .. "%.([%w_]+)") do in_manual[name] = true end
  same("the manual of " .. module, there, in_manual)
  for name in pairs(there) do
    assert(page:find(module .. "." .. name, 1, true), "docs/script-api.md does not name " .. module .. "." .. name)
  end
  local options = {}
  for group in manual:gmatch "%[?, ?{([%w_, ]+)}" do
    for option in group:gmatch "[%w_]+" do options[option] = true end
  end
  for option in pairs(options) do
    assert(page:find(option, 1, true), ("docs/script-api.md does not name the option %s of %s"):format(option, module))
  end
end

-- Globals.
local annotations = text_of "stdlib/_meta/agentscript.lua"
local there, annotated = {}, {}
for name in pairs(require "agentscript") do there[name] = true end
for name in annotations:gmatch "\nfunction ([%w_]+)%(" do annotated[name] = true end
same("annotations of the globals", there, annotated)
for name in pairs(there) do
  assert(page:find("`" .. name .. "`", 1, true) or page:find("`" .. name .. "(", 1, true), "docs/script-api.md does not name " .. name)
  assert(_G[name] ~= nil, name .. " is no global")
end

--- The fields of a class in the annotations.
local function fields(class)
  local body = annotations:match("%-%-%-@class " .. class .. "[^\n]*\n(.-)\n[^%-]") or annotations:match("%-%-%-@class " .. class .. "[^\n]*\n(.-)\n\n")
  local set = {}
  for name in assert(body, class):gmatch "%-%-%-@field ([%w_]+)" do set[name] = true end
  return set
end

--- The options that a function knows, as its error for an unknown one lists them.
local function known(f, ...)
  local ok, message = pcall(f, ...)
  local set = {}
  for name in assert(not ok and message:match "known are (.*)$", message):gmatch "[%w_]+" do set[name] = true end
  return set
end

local spec = fields "task.spec"
local group_task = fields "group.task"
for name in pairs(spec) do group_task[name] = true end
same("a group's task", known(task_group, { { command = "true", qqqqqqqqqqqqqqq = 1 } }), group_task)
same("a group's options", known(task_group, {}, { qqqqqqqqqqqqqqq = 1 }), fields "group.options")
same("read_output's options", known(read_output, "x", { qqqqqqqqqqqqqqq = 1 }), fields "read_output.options")
same("retry's options", known(retry, { qqqqqqqqqqqqqqq = 1 }, print), fields "retry.options")
same("parallel's options", known(parallel, {}, { qqqqqqqqqqqqqqq = 1 }), fields "combinator.options")
for name in pairs(group_task) do assert(page:find("`" .. name .. "`", 1, true), "docs/script-api.md does not name the field " .. name) end

-- Results, records, events.
local function within(what, t, class)
  local set = fields(class)
  for name in pairs(t) do assert(set[name], what .. " has the field " .. name .. ", and the annotations have not") end
end
local events = {}
local r = task {
  id = "all-of-it", name = "n", description = "d", agent = "a", fn = function() progress(0.5, "half") return { 1 } end,
  on_progress = function(event) events[1] = event end,
}
within("a result", r, "result")
within("a result", task { command = "kill -9 $$", retries = 1 }, "result")
within("a record", select(2, status(r)), "job.record")
within("an event", events[1], "progress.event")
for name in pairs(fields "result") do assert(page:find("`" .. name .. "`", 1, true), "docs/script-api.md does not name the result's field " .. name) end
