-- Names of files as text.
local path = require "path"

local function check(f, name, expected)
  assert(path[f](name) == expected, ("path.%s(%q) is %q, not %q"):format(f, name, path[f](name), expected))
end

for name, expected in pairs {
  -- dirname, basename, stem, ext, normalize
  [""] = { ".", "", "", "", "." },
  ["a"] = { ".", "a", "a", "", "a" },
  ["a/b"] = { "a", "b", "b", "", "a/b" },
  ["/a"] = { "/", "a", "a", "", "/a" },
  ["/"] = { "/", "/", "", "", "/" },
  ["//"] = { "/", "/", "", "", "/" },
  ["a/b/"] = { "a", "b", "b", "", "a/b" },
  ["a//b//"] = { "a", "b", "b", "", "a/b" },
  ["/a//b"] = { "/a", "b", "b", "", "/a/b" },
  ["."] = { ".", ".", ".", "", "." },
  [".."] = { ".", "..", "..", "", ".." },
  ["a/.."] = { "a", "..", "..", "", "." },
  ["./a//b/../c/"] = { "./a//b/..", "c", "c", "", "a/c" },
  ["../../x"] = { "../..", "x", "x", "", "../../x" },
  ["/../x"] = { "/..", "x", "x", "", "/x" },
  ["a.b/c"] = { "a.b", "c", "c", "", "a.b/c" },
  [".bashrc"] = { ".", ".bashrc", ".bashrc", "", ".bashrc" },
  ["b."] = { ".", "b.", "b", ".", "b." },
  ["b.tar.gz"] = { ".", "b.tar.gz", "b.tar", ".gz", "b.tar.gz" },
  ["a b/ü.lua"] = { "a b", "ü.lua", "ü", ".lua", "a b/ü.lua" },
} do
  for i, f in ipairs { "dirname", "basename", "stem", "ext", "normalize" } do check(f, name, expected[i]) end
end

assert(path.join("a", "b", "c") == "a/b/c")
assert(path.join("a/", "b") == "a/b")
assert(path.join("a", "/b", "c") == "/b/c")
assert(path.join("", "a", "", "b") == "a/b")
assert(path.join("/", "a") == "/a")
assert(path.join() == "." and path.join "" == "." and path.join("a", "") == "a")

assert(path.basename("a/b.lua", ".lua") == "b")
assert(path.basename(".lua", ".lua") == ".lua")
assert(path.basename("b.lua", "") == "b.lua")
assert(path.with_ext("a/b.lua", ".txt") == "a/b.txt")
assert(path.with_ext("a/b", ".txt") == "a/b.txt")
assert(path.with_ext("a.d/b.lua/", "") == "a.d/b")
assert(path.with_ext(".bashrc", ".bak") == ".bashrc.bak")

assert(table.concat(path.split "/a//b/c.d/", "|") == "/|a|b|c.d")
assert(#path.split "" == 0)

assert(path.is_absolute "/a" and not path.is_absolute "a" and not path.is_absolute "")
assert(path.absolute("b/../c", "/x/y") == "/x/y/c")
assert(path.absolute "/a/./b" == "/a/b")
assert(path.absolute("../..", "/x") == "/")

assert(path.relative("/srv/www/a", "/srv") == "www/a")
assert(path.relative("/a", "/b/c") == "../../a")
assert(path.relative("a", "a/") == ".")
assert(path.relative("../x", "y") == "../../x")
assert(path.relative("x/../../q", "y") == "../../q")
assert(path.relative("/a", "/") == "a" and path.relative("/", "/a/b") == "../..")
assert(not pcall(path.relative, "x", "../y"))

assert(path.is_inside("/a/b", "/a") and path.is_inside("/a", "/a") and path.is_inside("/a", "/"))
assert(not path.is_inside("/ab", "/a") and not path.is_inside("/a/../b", "/a"))

assert(path.expand "~" == os.getenv "HOME" and path.expand "~/x" == path.join(os.getenv "HOME", "x"))
assert(path.expand "~other/x" == "~other/x" and path.expand "a/~" == "a/~")

-- Errors point at the caller.
local function raised(f, ...)
  local ok, problem = pcall(f, ...)
  assert(not ok)
  return problem
end
assert(raised(path.join, "a", 1) == "path.join: argument 2 (part) must be a string, got the number 1")
assert(raised(path.dirname) == "path.dirname: argument 1 (p) must be a string, got nil")
assert(raised(path.with_ext, "a", "txt") == "path.with_ext: argument 2 (ext) must start with a point, got 'txt'")
local line = debug.getinfo(1, "l").currentline + 1
local problem = raised(function() local _ = path.ext {} end)
assert(problem:find(":" .. line .. ": path.ext: argument 1 (p) must be a string, got a table", 1, true), problem)
