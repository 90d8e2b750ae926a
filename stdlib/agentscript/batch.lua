--[[ patterns.batch: many items, a few at a time, and nothing kept. Its manual is in patterns.lua.

The calling coroutine alone pulls items and hands on results: an iterator is never asked by two at once, and whoever is slow
there slows down the rest instead of letting anything pile up.
]]
local host = require "agentscript.host"
local agentscript = require "agentscript"
local time = require "time"

local function misuse(message, ...) host.fail("patterns.batch: " .. message:format(...)) end

local known = { size = true, max_concurrency = true, on_result = true, keep = true, fail_fast = true }
local most_failures = 100

local function read(options)
  if options == nil then options = {} end
  if type(options) ~= "table" then misuse("the options must be a table, not a %s", type(options)) end
  for key in pairs(options) do
    if not known[key] then host.unknown_option("patterns.batch", tostring(key), known) end
  end
  for _, name in ipairs { "size", "max_concurrency" } do
    local value = options[name]
    if value ~= nil and (math.type(value) ~= "integer" or value < 1) then
      misuse("%s must be a whole number of at least 1, not %s", name, tostring(value))
    end
  end
  if options.on_result ~= nil and type(options.on_result) ~= "function" then
    misuse("on_result must be a function, not a %s", type(options.on_result))
  end
  return options
end

-- A function that returns the next item, and nil after the last.
local function puller(items)
  if type(items) == "function" then return items end
  if type(items) ~= "table" then misuse("the items must be a list or an iterator, not a %s", type(items)) end
  local place, count = 0, items.n or #items
  return function()
    if place == count then return nil end
    place = place + 1
    return items[place]
  end
end

-- With a size, lists of so many items.
local function chunks(pull, size)
  if not size then return pull end
  return function()
    local list = {}
    while #list < size do
      local item = pull()
      if item == nil then break end
      list[#list + 1] = item
    end
    return list[1] ~= nil and list or nil
  end
end

local function text_of(item)
  if type(item) == "string" or type(item) == "number" then return tostring(item) end
  misuse("an item for a command must be a string or a number, not a %s; give a function instead", type(item))
end

local function lines_of(list)
  local lines = {}
  for i, item in ipairs(list) do
    lines[i] = text_of(item)
    if lines[i]:find "\n" then misuse "an item with a line break does not fit on a line of the standard input" end
  end
  return table.concat(lines, "\n") .. "\n"
end

-- The task for one item (or list of items).
local function task_for(spec, item, index, size)
  local copy = {}
  for key, value in next, spec do copy[key] = value end
  if spec.fn then
    copy.fn = function() return spec.fn(item, index) end
  else
    copy.env = { INDEX = index }
    if size then copy.stdin = lines_of(item) else copy.env.ITEM = text_of(item) end
    for key, value in next, spec.env or {} do copy.env[key] = value end
  end
  local name = spec.name or spec.description
  if name then copy.name = ("%s %d"):format(name, index) end
  return copy
end

local function worker(work, size)
  if type(work) == "function" then return work end
  if type(work) ~= "table" then misuse("the work must be a function or the spec of a task, not a %s", type(work)) end
  if not work.fn and not work.command then misuse "the spec must have a command or an fn; for a prompt give a function" end
  if work.id or work.key then misuse "the spec must not have an id: it is for many tasks" end
  if work.run_in_background then misuse "the spec must not have run_in_background: batch waits for each task" end
  return function(item, index) return agentscript.task(task_for(work, item, index, size)) end
end

-- What a branch came to.
local function outcome(status, value, slot)
  if status == "ok" then return slot.value end
  local reason = status == "error" and "script_error" or status
  return { success = false, status = "failed", reason = reason, error = tostring(value) }
end

local function failed(value) return value == false or type(value) == "table" and rawequal(value.success, false) end

return function(items, work, options)
  options = read(options)
  local pull, run = chunks(puller(items), options.size), worker(work, options.size)
  local limit = options.max_concurrency or 10
  local summary = { success = true, total = 0, succeeded = 0, failed = 0, failures = {} }
  summary.results = options.keep and {} or nil
  local began = time.monotonic()
  local scope <close> = host.scope()
  local slots, running, is_over = {}, 0, false

  local function start()
    local item = pull()
    if item == nil then
      is_over = true
      return
    end
    summary.total = summary.total + 1
    local slot = { item = item, index = summary.total }
    slots[scope:branch(function() slot.value = run(slot.item, slot.index) end)] = slot
    running = running + 1
  end

  local function ended(branch, status, value)
    local slot = slots[branch]
    slots[branch], running = nil, running - 1
    value = outcome(status, value, slot)
    if failed(value) then
      summary.success, summary.failed = false, summary.failed + 1
      if #summary.failures < most_failures then
        local problem = type(value) == "table" and value.error or "the function returned false"
        table.insert(summary.failures, { index = slot.index, item = slot.item, error = problem })
      end
    else
      summary.succeeded = summary.succeeded + 1
    end
    if options.keep then summary.results[slot.index] = value end
    if options.on_result then options.on_result(value, slot.item, slot.index) end
    -- From now on its record is in the registry alone.
    if not options.keep and type(value) == "table" and type(value.job) == "string" then host.forget(value.job) end
    return summary.success or not options.fail_fast
  end

  repeat
    while running < limit and not is_over do start() end
    if running == 0 then break end
  until not ended(scope:next())
  if running > 0 then scope:cancel "another item failed" end
  summary.duration_ms = math.floor(time.monotonic() - began)
  return summary
end
