--[[ time: clocks, dates and durations.

  local time = require "time"
  local start = time.monotonic()
  task { command = "make" }
  print("took " .. time.format_duration(time.monotonic() - start))     --> took 1m 23s

Durations are numbers of milliseconds, as everywhere in agentscript. To wait, there is the global sleep(d).

FUNCTIONS
  time.now()               milliseconds since 1970-01-01 UTC, a whole number; jumps when the clock is set
  time.monotonic()         milliseconds (with a fraction) of a clock that only goes forward; good for differences
  time.iso([ms])           a moment (default: now) as "2026-01-30T10:00:00.000Z"
  time.parse_iso(text)     such a text as milliseconds since 1970. A zone (Z, +01:00) is required; the fraction and the
                           seconds may be missing, and a space or "t" may stand for the T.
  time.parse_duration(d)   milliseconds of "250ms", "10s", "1.5m", "1h30m", "2d"; a number is returned as it is
  time.format_duration(ms) for people: "250ms", "3.4s", "1m 23s", "2h 5m", "3d 4h"
  time.measure(fn, ...)    calls fn(...) and returns the milliseconds it took, then its results

ERRORS  parse_iso and parse_duration return nil and a message for a text they cannot read. A number that is negative or
no number, and arguments of other types, are errors at the caller.
]]
local time = {}

local arguments = require "agentscript.arguments"
local host = require "agentscript.host"
local check = arguments.check

function time.now() return host.now() end

function time.monotonic() return host.monotonic() / 1e6 end

local DAY = 86400000

--- Days from 1970-01-01 to a date of the Gregorian calendar, and back: Howard Hinnant, "chrono-Compatible Low-Level Date
--- Algorithms". (os.date and os.time know the machine's zone, not UTC.)
local function days_from_civil(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local year_of_era = year - era * 400
  local day_of_year = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5 + day - 1
  return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468
end

local function civil_from_days(days)
  days = days + 719468
  local era = days // 146097
  local day_of_era = days - era * 146097
  local year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
  local day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
  local shifted = (5 * day_of_year + 2) // 153
  local month = shifted < 10 and shifted + 3 or shifted - 9
  return year_of_era + era * 400 + (month <= 2 and 1 or 0), month, day_of_year - (153 * shifted + 2) // 5 + 1
end

-- What four digits of a year can say.
local FIRST, LAST = days_from_civil(0, 1, 1) * DAY, days_from_civil(10000, 1, 1) * DAY - 1

function time.iso(ms)
  check("time.iso", 1, "ms", ms, "number nil")
  local moment = ms == nil and host.now() or math.floor(ms)
  if not (math.type(moment) == "integer" and moment >= FIRST and moment <= LAST) then
    error("time.iso: argument 1 (ms) must lie in the years 0 to 9999, got " .. tostring(ms), 2)
  end
  local year, month, day = civil_from_days(moment // DAY)
  local rest = moment % DAY
  return ("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ"):format(year, month, day, rest // 3600000, rest // 60000 % 60,
    rest // 1000 % 60, rest % 1000)
end

local MONTHS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function days_in_month(year, month)
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and leap and 29 or MONTHS[month]
end

--- Minutes east of Greenwich of "Z", "+01:00" or "-0330"; nil for anything else.
local function zone_offset(zone)
  if zone:upper() == "Z" then return 0 end
  local sign, hours, minutes = zone:match("^([+-])(%d%d):?(%d%d)$")
  if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then return nil end
  return (hours * 60 + minutes) * (sign == "+" and 1 or -1)
end

function time.parse_iso(text)
  check("time.parse_iso", 1, "text", text, "string")
  local year, month, day, hour, minute, rest = text:match("^(%d%d%d%d)-(%d%d)-(%d%d)[Tt ](%d%d):(%d%d)(.+)$")
  local seconds, fraction, zone = 0, "", rest
  if rest and rest:sub(1, 1) == ":" then
    seconds, fraction, zone = rest:match("^:(%d%d)[.,]?(%d*)(.*)$")
  end
  local offset = zone and zone_offset(zone)
  if not offset then return nil, ("'%s' is no moment like 2026-01-30T10:00:00Z"):format(text) end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, seconds = tonumber(hour), tonumber(minute), tonumber(seconds)
  if month < 1 or month > 12 or day < 1 or day > days_in_month(year, month) or hour > 23 or minute > 59 or seconds > 60
  then
    return nil, ("'%s' is not in the calendar"):format(text)
  end
  local milliseconds = tonumber((fraction .. "000"):sub(1, 3))
  return days_from_civil(year, month, day) * DAY + ((hour * 60 + minute - offset) * 60 + seconds) * 1000 + milliseconds
end

local UNITS = { ms = 1, s = 1000, m = 60000, h = 3600000, d = DAY }

local function check_number(call, name, value)
  if not (value >= 0 and value < math.huge) then
    error(("%s: argument 1 (%s) must be 0 or more, got %s"):format(call, name, value), 3)
  end
end

function time.parse_duration(d)
  check("time.parse_duration", 1, "d", d, "string number")
  if type(d) == "number" then
    check_number("time.parse_duration", "d", d)
    return d
  end
  local total, position = 0, 1
  repeat
    local number, unit, after = d:match("^(%d[%d.]*)(%l+)()", position)
    local amount = number and number:sub(-1) ~= "." and tonumber(number)
    if not amount or not UNITS[unit] then
      return nil, ("'%s' is no duration; write numbers with ms, s, m, h or d, as in \"250ms\" or \"1h30m\""):format(d)
    end
    total, position = total + amount * UNITS[unit], after
  until position > #d
  return math.tointeger(total) or total
end

function time.format_duration(ms)
  check("time.format_duration", 1, "ms", ms, "number")
  check_number("time.format_duration", "ms", ms)
  if ms < 999.5 then return ("%.0fms"):format(ms) end
  if ms < 9950 then return ("%.1fs"):format(ms / 1000) end
  local seconds = math.floor(ms / 1000 + 0.5)
  if seconds < 60 then return seconds .. "s" end
  local function two(big, big_unit, small, small_unit)
    return small == 0 and big .. big_unit or ("%d%s %d%s"):format(big, big_unit, small, small_unit)
  end
  if seconds < 3600 then return two(seconds // 60, "m", seconds % 60, "s") end
  local minutes = math.floor(ms / 60000 + 0.5)
  if minutes < 1440 then return two(minutes // 60, "h", minutes % 60, "m") end
  local hours = math.floor(ms / 3600000 + 0.5)
  return two(hours // 24, "d", hours % 24, "h")
end

function time.measure(fn, ...)
  check("time.measure", 1, "fn", fn, "function")
  local start = host.monotonic()
  local results = table.pack(fn(...))
  return (host.monotonic() - start) / 1e6, table.unpack(results, 1, results.n)
end

return time
