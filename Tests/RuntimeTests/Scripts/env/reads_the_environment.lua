-- Environment variables.
local env = require "env"

assert(env.get "PATH" == os.getenv "PATH" and #env.get "PATH" > 0)
assert(env.get "AGENTSCRIPT_NO_SUCH_VARIABLE" == nil)
assert(env.get("AGENTSCRIPT_NO_SUCH_VARIABLE", "eu") == "eu" and env.get("PATH", "x") ~= "x")
assert(env.require "PATH" == os.getenv "PATH")
assert(env.number("AGENTSCRIPT_NO_SUCH_VARIABLE", 5) == 5 and env.number "AGENTSCRIPT_NO_SUCH_VARIABLE" == nil)
assert(env.flag("AGENTSCRIPT_NO_SUCH_VARIABLE", true) == true and env.flag "AGENTSCRIPT_NO_SUCH_VARIABLE" == nil)

local all = env.all()
assert(all.PATH == os.getenv "PATH")
all.PATH = "changed"
assert(env.all().PATH == os.getenv "PATH")

local function raised(sentence, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and message:sub(-#sentence) == sentence, message)
end
raised("the environment variable AGENTSCRIPT_NO_SUCH_VARIABLE is not set", env.require, "AGENTSCRIPT_NO_SUCH_VARIABLE")
raised("the environment variable AGENTSCRIPT_NO_SUCH_VARIABLE is not set (for the upload)", env.require,
  "AGENTSCRIPT_NO_SUCH_VARIABLE", "for the upload")
raised("the environment variable PATH must be a number, but is '" .. os.getenv "PATH" .. "'", env.number, "PATH")
raised("the environment variable PATH must be true or false, but is '" .. os.getenv "PATH" .. "'", env.flag, "PATH")
raised("env.get: argument 1 (name) must be a string, got nil", env.get)
raised("env.get: argument 1 (name) is no name of a variable: ''", env.get, "")
raised("env.get: argument 1 (name) is no name of a variable: 'A=B'", env.get, "A=B")
local line = debug.getinfo(1, "l").currentline + 1
local _, message = pcall(function() local _ = env.require "AGENTSCRIPT_NO_SUCH_VARIABLE" end)
assert(message:find(":" .. line .. ": the environment", 1, true), message)
