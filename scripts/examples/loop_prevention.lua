#!/usr/bin/env agentscript
--[[ loop_prevention.lua: do not do the same thing again and again.

  agentscript loop_prevention.lua

A site of three pages is rendered. The task is tried as it is, then simpler, then in another way; after three failures the
script decides. A gate counts the pages: what did not render all of them is no success, whatever its exit code. In the end
one page is fetched from a mirror that hangs now and then, by two copies of the same command.
]]
local fs = require "fs"
local path = require "path"
local patterns = require "patterns"

local site = assert(fs.tmpdir())
local tidy <close> = setmetatable({}, { __close = function() fs.remove(site, { recursive = true }) end })
for _, page in ipairs { "home", "shop", "about" } do
  assert(fs.write(path.join(site, page .. ".md"), page == "about" and "" or "# " .. page .. "\n"))
end

-- render.sh WORKERS [PAGE…]: has two workers at most, and does not like empty pages.
assert(fs.write(path.join(site, "render.sh"), [[
test "$1" -le 2 || { echo "$1 workers: there are only 2"; exit 2; }
shift
for page in ${*:-home shop about}; do
  test -s $page.md || { echo "$page.md is empty"; exit 3; }
  sed 's|^# \(.*\)|<h1>\1</h1>|' $page.md > $page.html && echo "rendered $page"
done
]]))

local result, step = patterns.persist({
  name = "render",
  cwd = site,
  command = "sh render.sh 8",
  gate = [[pages=$(ls *.html | wc -l); test $pages = 3 || { echo "$pages of 3 pages"; exit 1; }]],
}, {
  simpler = "sh render.sh 1",
  fallback = "sh render.sh 1 home shop",
  escalate = function(failure, history)
    print(("After %d failures, the last: %s"):format(#history, failure.error))
    assert(fs.write(path.join(site, "about.md"), "# about: to be written\n"))
    return { command = "sh render.sh 2" }
  end,
})

for _, attempt in ipairs(result.history) do
  print(("  attempt %d: %s"):format(attempt.attempt, attempt.error or attempt.reason))
end
if not result.success then return { success = false, stage = "render" } end
print(("✓ Rendered, %s"):format(step))

-- The first copy of this hangs; the second one, started after 200 ms, does not.
local fetched = task {
  name = "fetch",
  cwd = site,
  command = [[test "$AGENTSCRIPT_COPY" = 2 || sleep 60; cat home.html]],
  hedge = "200ms",
  timeout = "10s",
}
print(("✓ Fetched %s: the second copy %s"):format(fetched.output:gsub("\n", ""), fetched.hedged))
