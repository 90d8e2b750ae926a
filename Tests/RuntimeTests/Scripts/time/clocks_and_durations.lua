-- Clocks, dates and durations.
local time = require "time"

assert(math.type(time.now()) == "integer" and math.abs(time.now() - os.time() * 1000) < 5000)
local first = time.monotonic()
local before = first
for _ = 1, 1000 do
  local now = time.monotonic()
  assert(now >= before)
  before = now
end

for ms, text in pairs {
  [0] = "1970-01-01T00:00:00.000Z",
  [1] = "1970-01-01T00:00:00.001Z",
  [-1] = "1969-12-31T23:59:59.999Z",
  [1769767200000] = "2026-01-30T10:00:00.000Z",
  [951782400000] = "2000-02-29T00:00:00.000Z",
  [4107542399999] = "2100-02-28T23:59:59.999Z",
  [4107542400000] = "2100-03-01T00:00:00.000Z",
  [-62167219200000] = "0000-01-01T00:00:00.000Z",
  [253402300799999] = "9999-12-31T23:59:59.999Z",
} do
  assert(time.iso(ms) == text, time.iso(ms))
  assert(time.parse_iso(text) == ms)
end
assert(time.iso(1.9) == "1970-01-01T00:00:00.001Z")
assert(math.abs(time.parse_iso(time.iso()) - time.now()) < 5000)
math.randomseed(7)
for _ = 1, 5000 do
  local ms = math.random(-62167219200000, 253402300799999)
  assert(time.parse_iso(time.iso(ms)) == ms)
end

assert(time.parse_iso "2026-01-30T11:00:00+01:00" == 1769767200000)
assert(time.parse_iso "2026-01-30T04:30:00.5-0530" == 1769767200500)
assert(time.parse_iso "2026-01-30 10:00Z" == 1769767200000)
assert(time.parse_iso "2026-01-30t10:00:00.123456789z" == 1769767200123)
for _, bad in ipairs { "", "now", "2026-01-30", "2026-01-30T10:00:00", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
  "2026-01-30T24:00:00Z", "2026-01-30T10:60:00Z", "26-01-30T10:00:00Z", "2026-01-30T10:00:00+25:00", "2026-01-30T10:00:00ZZ" } do
  local value, problem = time.parse_iso(bad)
  assert(value == nil and problem:find("'" .. bad .. "'", 1, true), bad)
end

for text, ms in pairs {
  ["250ms"] = 250, ["10s"] = 10000, ["5m"] = 300000, ["1h"] = 3600000, ["2d"] = 172800000, ["1.5s"] = 1500, ["0s"] = 0,
  ["1h30m"] = 5400000, ["1m2.5s"] = 62500, ["0.5ms"] = 0.5,
} do
  assert(time.parse_duration(text) == ms, text)
end
assert(math.type(time.parse_duration "1.5s") == "integer")
assert(time.parse_duration(1234) == 1234 and time.parse_duration(0.5) == 0.5)
for _, bad in ipairs { "", "5", "5 parsecs", "s", "-5s", "5S", "1e3s", "0x10s", "5s5", "1h 30m", "five s", ".5s", "5.s", "1.2.3s" } do
  local value, problem = time.parse_duration(bad)
  assert(value == nil and problem:find("'" .. bad .. "' is no duration", 1, true), bad)
end

for ms, text in pairs {
  [0] = "0ms", [1] = "1ms", [999] = "999ms", [999.7] = "1.0s", [1000] = "1.0s", [3449] = "3.4s", [9949] = "9.9s", [9960] = "10s",
  [59400] = "59s", [59500] = "1m", [60000] = "1m", [83000] = "1m 23s", [165000] = "2m 45s", [3599499] = "59m 59s", [3600000] = "1h",
  [7500000] = "2h 5m", [86400000] = "1d", [273600000] = "3d 4h", [0.2] = "0ms",
} do
  assert(time.format_duration(ms) == text, ("%s is %s, not %s"):format(ms, time.format_duration(ms), text))
end

local took, a, b = time.measure(function(x) return x, nil end, 7)
assert(took >= 0 and a == 7 and b == nil)

local function raised(sentence, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and message == sentence, message)
end
raised("time.parse_duration: argument 1 (d) must be 0 or more, got -1", time.parse_duration, -1)
raised("time.parse_duration: argument 1 (d) must be a string or a number, got nil", time.parse_duration)
raised("time.format_duration: argument 1 (ms) must be 0 or more, got -5", time.format_duration, -5)
raised("time.iso: argument 1 (ms) must lie in the years 0 to 9999, got 1e+20", time.iso, 1e20)
raised("time.measure: argument 1 (fn) must be a function, got nil", time.measure)
local line = debug.getinfo(1, "l").currentline + 1
local _, message = pcall(function() local _ = time.format_duration(0 / 0) end)
assert(message:find(":" .. line .. ": time.format_duration", 1, true), message)
