--[[ env: environment variables, read.

  local env = require "env"
  local token = env.require("DEPLOY_TOKEN")
  local region = env.get("REGION", "eu-west-1")

FUNCTIONS
  env.get(name [, default])      the value, or default (nil) if the variable is not set
  env.require(name [, purpose])  the value; raises an error at the caller that names the variable, and the purpose if
                                 given, if it is not set or empty
  env.number(name [, default])   the value as a number; an error at the caller if it is set to something else
  env.flag(name [, default])     true for 1, true, yes, on; false for 0, false, no, off and the empty value; an error at
                                 the caller for another value
  env.all()                      a new table of all names and values

To change what a task sees, give it a table: task { command = "make", env = { CC = "clang", DEBUG = false } }, where false
takes a variable away. A process's own environment cannot be changed from a script.

ERRORS  A name that is no string, is empty or has a "=" in it is an error at the caller.
]]
local env = {}

local arguments = require "agentscript.arguments"
local check = arguments.check

local function lookup(call, name)
  check(call, 1, "name", name, "string", 3)
  if name == "" or name:find("[=\0]") then
    error(("%s: argument 1 (name) is no name of a variable: '%s'"):format(call, name), 3)
  end
  return os.getenv(name)
end

function env.get(name, default)
  local value = lookup("env.get", name)
  if value == nil then return default end
  return value
end

function env.require(name, purpose)
  check("env.require", 2, "purpose", purpose, "string nil")
  local value = lookup("env.require", name)
  if value == nil or value == "" then
    error(("the environment variable %s is not set%s"):format(name, purpose and " (" .. purpose .. ")" or ""), 2)
  end
  return value
end

function env.number(name, default)
  local value = lookup("env.number", name)
  if value == nil or value == "" then return default end
  local number = tonumber(value)
  if not number then error(("the environment variable %s must be a number, but is '%s'"):format(name, value), 2) end
  return number
end

local FLAGS = {
  ["1"] = true, ["true"] = true, yes = true, on = true,
  ["0"] = false, ["false"] = false, no = false, off = false, [""] = false,
}

function env.flag(name, default)
  local value = lookup("env.flag", name)
  if value == nil then return default end
  local flag = FLAGS[value:lower()]
  if flag == nil then
    error(("the environment variable %s must be true or false, but is '%s'"):format(name, value), 2)
  end
  return flag
end

function env.all() return require("agentscript.host").environ() end

return env
