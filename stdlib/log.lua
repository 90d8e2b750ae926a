--[[ log: what a script has to say, by level.

  local log = require "log"
  log.info("built", target, "in", ms, "ms")      --> 2026-01-30T10:00:00.000Z info: built app in 830 ms
  log("the same")                                -- info, too
  log.level("debug")

A line goes to standard error, or, in a task with `fn`, to the log of that task. The arguments are joined by spaces, as
print joins them by tabs; each is shown as tostring shows it.

FUNCTIONS
  log.debug(...) log.info(...) log.warn(...) log.error(...)    write a line of that level
  log(...)                   the same as log.info
  log.level([name])          the least level that is written, after setting it if given: "debug", "info" (the default,
                             or else what AGENTSCRIPT_LOG says), "warn", "error", "off"
  log.enabled(name)          whether a line of that level would be written

ERRORS  An unknown level is an error at the caller; an unknown one in AGENTSCRIPT_LOG counts as "info".
]]
local log = {}

local arguments = require "agentscript.arguments"
local host = require "agentscript.host"
local time = require "time"

local RANKS = { debug = 1, info = 2, warn = 3, error = 4, off = 5 }
local NAMES = { "debug", "error", "info", "off", "warn" }

local least = (os.getenv("AGENTSCRIPT_LOG") or ""):lower()
if not RANKS[least] then least = "info" end

local function write(level, ...)
  if RANKS[level] < RANKS[least] then return end
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(words[i]) end
  host.log_line(("%s %s: %s"):format(time.iso(), level, table.concat(words, " ")))
end

function log.debug(...) write("debug", ...) end
function log.info(...) write("info", ...) end
function log.warn(...) write("warn", ...) end
function log.error(...) write("error", ...) end

local function check_level(call, name)
  arguments.check(call, 1, "name", name, "string", 3)
  if RANKS[name] then return end
  local near = arguments.nearest(name, NAMES)
  error(("%s: '%s' is no level; %s"):format(call, name,
    near and "did you mean '" .. near .. "'?" or "the levels are debug, info, warn, error, off"), 3)
end

function log.level(name)
  if name ~= nil then
    check_level("log.level", name)
    least = name
  end
  return least
end

function log.enabled(name)
  check_level("log.enabled", name)
  return name ~= "off" and RANKS[name] >= RANKS[least]
end

return setmetatable(log, { __call = function(_, ...) write("info", ...) end })
