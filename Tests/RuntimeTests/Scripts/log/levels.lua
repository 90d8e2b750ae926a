-- expect-stderr: info: built app in 830 ms nil
-- expect-stderr: warn: careful
-- expect-stderr: error: broken
-- expect-stderr: info: called
-- expect-stderr: debug: now shown
-- expect-no-stderr: hidden
-- Lines by level, to standard error.
local log = require "log"

assert(log.level() == "info")
assert(log.enabled "info" and log.enabled "error" and not log.enabled "debug" and not log.enabled "off")
log.debug "hidden"
log.info("built", "app", "in", 830, "ms", nil)
log.warn "careful"
log.error "broken"
log "called"
assert(log.level "debug" == "debug" and log.enabled "debug")
log.debug "now shown"
log.level "off"
log.error "hidden"

local function raised(sentence, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and message == sentence, message)
end
raised("log.level: 'wran' is no level; did you mean 'warn'?", log.level, "wran")
raised("log.enabled: 'chatty' is no level; the levels are debug, info, warn, error, off", log.enabled, "chatty")
raised("log.level: argument 1 (name) must be a string, got the number 3", log.level, 3)
