--[[ results:retry{...}: what did not succeed in a group runs again, and what did stays.

The host knows of each group with what specs and options it ran. This decides which of its tasks run again and with what
spec; the host starts them, and puts their results in the places of the old ones.
]]
local host = require "agentscript.host"
local module = {}

local function misuse(message, ...) host.fail("retry: " .. message:format(...)) end

-- Options of the group; what is not in here is for the specs.
local of_group = {
  mode = true, max_concurrency = true, fail_fast = true, on_error = true, fallback = true, max_per_agent = true, given = true,
  run_in_background = true, conflict_detection = true, dependency_check = true, cpu_threshold = true,
  memory_threshold = true,
}
-- Those of them that have no sense where one runs after the other.
local beside_each_other = { max_concurrency = true, fallback = true, cpu_threshold = true, memory_threshold = true }
-- What makes a task the one that it is.
local refused = { id = true, key = true, command = true, prompt = true, task = true, fn = true, dependencies = true, depends_on = true }

local function copy_of(table)
  local copy = {}
  for key, value in next, table do copy[key] = value end
  return copy
end

local function split(overrides)
  local for_group, for_specs, edit = {}, {}, nil
  for name, value in pairs(overrides) do
    if name == "edit" then
      edit = value
    elseif of_group[name] then
      for_group[name] = value
    elseif refused[name] then
      misuse("%s differs from task to task; change it with edit = function(spec, result) ... end", name)
    else
      for_specs[name] = value
    end
  end
  if edit ~= nil and type(edit) ~= "function" then misuse("edit must be a function, not a %s", type(edit)) end
  return for_group, for_specs, edit
end

-- The spec that a task is to run with now, or false if it is to be left as it is.
local function edited(member, changes, edit)
  local spec = copy_of(member.spec)
  for name, value in next, changes do spec[name] = value end
  if not edit then return spec end
  local returned = edit(spec, member.result)
  if returned == false then return false end
  if returned ~= nil then spec = returned end
  if type(spec) ~= "table" then misuse("edit must return a spec, false or nothing, not a %s", type(spec)) end
  if spec.id ~= member.spec.id or spec.key ~= member.spec.key then misuse "edit must leave the id of a spec as it is" end
  return spec
end

-- Which members run again, by position: what failed, and what was not wanted only because of that.
local function failed_ones(members)
  local again, by_id = {}, {}
  local function take(i)
    local name = members[i].spec.id or members[i].spec.key
    again[i] = true
    if name then by_id[name] = true end
  end
  for i, member in ipairs(members) do
    if member.failed then take(i) end
  end
  local more
  repeat
    more = false
    for i, member in ipairs(members) do
      for _, name in ipairs(not again[i] and not member.success and (member.spec.dependencies or member.spec.depends_on) or {}) do
        if by_id[name] and not again[i] then
          more = true
          take(i)
        end
      end
    end
  until not more
  return again
end

-- What cannot run because something that it needs has failed, and is left as it is, is left as it is too.
local function leave_blocked(members, specs)
  local is_left = {}
  for i, member in ipairs(members) do
    local name = member.spec.id or member.spec.key
    if name and member.failed and not specs[i] then is_left[name] = true end
  end
  if next(is_left) == nil then return end
  local again
  repeat
    again = false
    for i, spec in ipairs(specs) do
      for _, name in ipairs(spec and (spec.dependencies or spec.depends_on) or {}) do
        if is_left[name] and (spec.trigger_rule or "all_success") == "all_success" then
          specs[i], again = false, true
          local own = spec.id or spec.key
          if own then is_left[own] = true end
          break
        end
      end
    end
  until not again
end

function module.retry(results, overrides)
  if overrides == nil then overrides = {} end
  if type(overrides) ~= "table" then misuse("the options must be a table, not a %s", type(overrides)) end
  local group = type(results) == "table" and rawget(results, 0)
  if not group then misuse "it belongs to the results of a task_group: results:retry{...}" end
  local for_group, changes, edit = split(overrides)
  local members, options = host.group_members(group)
  local specs = {}
  local again = failed_ones(members)
  for i, member in ipairs(members) do specs[i] = again[i] and edited(member, changes, edit) or false end
  leave_blocked(members, specs)
  options = copy_of(options)
  options.run_in_background = nil
  if for_group.mode == "sequential" then
    for name in pairs(beside_each_other) do options[name] = nil end
  end
  for name, value in next, for_group do options[name] = value end
  return host.group_again(group, specs, options)
end

return module
