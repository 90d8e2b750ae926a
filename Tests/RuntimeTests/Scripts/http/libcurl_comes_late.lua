-- libcurl is loaded by the first request and not before; where there is none, that is what the failure says.
local fs = require "fs"
local http = require "http"
local shell = require "shell"

local function library()
  for line in io.lines "/proc/self/maps" do
    local file = line:match "%s(/%S*libcurl%S*)"
    if file then return file end
  end
end

assert(not library(), "it is there before anybody needs it")
assert(select(3, http.get "file:///etc/passwd") == "bad_url")
local found = assert(library(), "nothing was loaded")

-- With every build of it hidden.
local hidden = { "bwrap", "--dev-bind", "/", "/" }
for file in fs.walk(found:match "^(.*)/", { max_depth = 1 }) do
  if file:find "/libcurl[^/]*%.so%.[%d.]+$" and not fs.is_link(file) then
    table.move({ "--ro-bind", "/dev/null", file }, 1, 3, #hidden + 1, hidden)
  end
end
local function inside(...) return table.move({ ... }, 1, select("#", ...), #hidden + 1, { table.unpack(hidden) }) end
if not shell.ok(inside "true") then
  print "no namespaces here: left out"
  return
end
local said = assert(shell.output(inside(arg[-1], "-e", [[print(select(2, require "http".get "http://127.0.0.1:1/"))]])))
assert(said:find("HTTP needs libcurl, which is not installed (apt-get install libcurl4)", 1, true), said)
