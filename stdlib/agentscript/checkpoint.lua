--[[ patterns.checkpoint: a loop over features whose state is in a file. Its manual is in patterns.lua.

The file is read once, at the start, and written whole, by a new file that takes its place, whenever a status changes.
]]
local host = require "agentscript.host"
local agentscript = require "agentscript"
local fs, json, time = require "fs", require "json", require "time"

local function misuse(message, ...) host.fail("patterns.checkpoint: " .. message:format(...)) end

local known = { file = true, features = true, items = true, step = true, max_concurrency = true, fail_fast = true }

local function is_object(value) return type(value) == "table" and not json.is_array(value) and value ~= json.null end

-- What the file holds. A file that is none of ours is an error, so that it is never written over.
local function read(file)
  if not fs.exists(file) then return { features = {} } end
  local text, problem = fs.read(file)
  if not text then misuse("%s", problem) end
  local completion
  completion, problem = json.try_decode(text)
  if not completion then misuse("'%s' cannot be resumed from, and was left as it is: %s", file, problem) end
  local function refuse(what) misuse("'%s' cannot be resumed from, and was left as it is: %s", file, what) end
  if not is_object(completion) then refuse "it is not a JSON object" end
  if not is_object(completion.features) then refuse "it has no object 'features'" end
  for name, feature in pairs(completion.features) do
    if not is_object(feature) then refuse(("features.%s is not an object"):format(name)) end
    if feature.status ~= nil and type(feature.status) ~= "string" then
      refuse(("the status of features.%s is not a string"):format(name))
    end
  end
  return completion
end

-- The features to go through, as a list of { name, item }.
local function entries(features, completion)
  local list, seen = {}, {}
  local function add(name, item)
    if type(name) ~= "string" or name == "" then misuse("a feature must have a name, a string, not %s", tostring(name)) end
    if seen[name] then misuse("two features have the name '%s'", name) end
    seen[name] = true
    list[#list + 1] = { name = name, item = item }
  end
  if features and #features > 0 then
    for _, item in ipairs(features) do
      if type(item) == "table" then add(item.name or item.id, item) else add(item, item) end
    end
    return list
  end
  for name, item in pairs(features or completion.features) do add(name, item) end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

-- Nil if the step did well, else what went wrong.
local function problem_of(ok, value)
  if not ok then return tostring(value) end
  if value == false then return "the step returned false" end
  if type(value) == "table" and rawequal(value.success, false) then
    return type(value.error) == "string" and value.error or "the step returned success = false"
  end
end

local function check(options)
  if type(options) ~= "table" then misuse("the argument must be a table of options, not a %s", type(options)) end
  for key in pairs(options) do
    if not known[key] then host.unknown_option("patterns.checkpoint", tostring(key), known) end
  end
  if type(options.file) ~= "string" or options.file == "" then misuse "file must be the path of the file with the state" end
  if type(options.step) ~= "function" then misuse("step must be a function, not a %s", type(options.step)) end
  if options.features ~= nil and options.items ~= nil then misuse "features and items mean the same; give one of them" end
  local features = options.features or options.items
  if features ~= nil and type(features) ~= "table" then misuse("features must be a table, not a %s", type(features)) end
  local limit = options.max_concurrency or 1
  if math.type(limit) ~= "integer" or limit < 1 then
    misuse("max_concurrency must be a whole number of at least 1, not %s", tostring(limit))
  end
  return features, limit
end

return function(options)
  local features, limit = check(options)
  local completion = read(options.file)
  local list = entries(features, completion)
  local summary = { success = true, completed = {}, reused = {}, failed = {}, completion = completion }

  local function save()
    local ok, text = pcall(json.encode, completion, { pretty = true })
    if not ok then misuse("the state cannot be written: %s", text) end
    local written, problem = fs.write(options.file, text .. "\n", { parents = true, sync = true })
    if not written then misuse("%s", problem) end
  end

  local function run(entry)
    local feature = completion.features[entry.name]
    feature.status, feature.started_at, feature.completed_at, feature.error = "in_progress", time.iso(), nil, nil
    feature.attempts = (math.tointeger(feature.attempts) or 0) + 1
    save()
    local began = time.monotonic()
    local problem = problem_of(pcall(options.step, entry.name, entry.item, feature, save))
    feature.status, feature.error = problem and "failed" or "complete", problem
    feature.completed_at, feature.duration_ms = time.iso(), math.floor(time.monotonic() - began)
    save()
    if problem then
      summary.success = false
      table.insert(summary.failed, { name = entry.name, error = problem })
    else
      table.insert(summary.completed, entry.name)
    end
  end

  local open = {}
  for _, entry in ipairs(list) do
    local feature = completion.features[entry.name]
    if feature and feature.status == "complete" then
      table.insert(summary.reused, entry.name)
    else
      if not feature then completion.features[entry.name] = { status = "pending" } end
      open[#open + 1] = entry
    end
  end
  if #open == 0 then return summary end
  save()

  local next_place = 1
  local function work()
    while next_place <= #open and not (options.fail_fast and not summary.success) do
      next_place = next_place + 1
      run(open[next_place - 1])
    end
  end
  if limit == 1 then
    work()
  else
    local workers = {}
    for i = 1, math.min(limit, #open) do workers[i] = work end
    agentscript.parallel(workers)
  end
  return summary
end
