-- Folders: made, listed, walked, copied, moved, removed.
local fs = require "fs"
local path = require "path"

local root = assert(fs.tmpdir())
local function at(name) return path.join(root, name) end
local function fails(sentence, value, message)
  assert(value == nil and message == sentence, ("%s, not %s"):format(message, sentence))
end

-- Making.
assert(fs.mkdir(at "a/b/c") and fs.is_dir(at "a/b/c") and fs.mkdir(at "a/b/c"))
fails("cannot make the folder '" .. at "a" .. "': File exists", fs.mkdir(at "a", { parents = false }))
fails("cannot make the folder '" .. at "x/y" .. "': No such file or directory", fs.mkdir(at "x/y", { parents = false }))
assert(fs.mkdir(at "m", { mode = "700" }) and fs.stat(at "m").mode == 448)
assert(fs.write(at "file", "1"))
fails("cannot make the folder '" .. at "file/d" .. "': Not a directory", fs.mkdir(at "file/d"))
fails("cannot make the folder '" .. at "file" .. "': File exists", fs.mkdir(at "file"))

-- Listing and walking.
for _, name in ipairs { "t/z", "t/a", "t/.h", "t/s/1", "t/s/deep/2", "t/.git/x" } do
  assert(fs.write(at(name), name, { parents = true }))
end
assert(fs.symlink("..", at "t/s/up"))
local names, kinds = fs.list(at "t")
assert(table.concat(names, " ") == ".git .h a s z" and kinds[".git"] == "directory" and kinds.a == "file")

local function walked(options)
  local seen = {}
  for name, kind in fs.walk(at "t", options) do
    seen[#seen + 1] = path.relative(name, at "t") .. ":" .. kind:sub(1, 1)
  end
  return table.concat(seen, " ")
end
assert(walked() == ".git:d .git/x:f .h:f a:f s:d s/1:f s/deep:d s/deep/2:f s/up:l z:f", walked())
assert(walked { hidden = false } == "a:f s:d s/1:f s/deep:d s/deep/2:f s/up:l z:f")
assert(walked { max_depth = 1 } == ".git:d .h:f a:f s:d z:f" and walked { max_depth = 0 } == "")
assert(walked { skip = function(p) return path.basename(p) == "s" end } == ".git:d .git/x:f .h:f a:f z:f")
local ok, message = pcall(function() for _ in fs.walk(at "none") do end end)
assert(not ok and message:find("fs.walk: cannot list '" .. at "none" .. "': No such file", 1, true), message)
local told
for _ in fs.walk(at "none", { on_error = function(m) told = m end }) do error "nothing is there" end
assert(told == "cannot list '" .. at "none" .. "': No such file or directory")

-- Patterns.
for _, name in ipairs { "g/a.lua", "g/b.lua", "g/b.txt", "g/.c.lua", "g/sub/d.lua", "g/sub/x/é.lua", "g/[odd]/e.lua", "g/sub2/a.c" } do
  assert(fs.write(at(name), "", { parents = true }))
end
local function globbed(pattern, options)
  options = options or {}
  options.base = options.base or at "g"
  local list = assert(fs.glob(pattern, options))
  for i, name in ipairs(list) do list[i] = path.relative(name, at "g") end
  return table.concat(list, " ")
end
for pattern, expected in pairs {
  ["*.lua"] = "a.lua b.lua",
  ["*"] = "[odd] a.lua b.lua b.txt sub sub2",
  [".*"] = ".c.lua",
  ["?.lua"] = "a.lua b.lua",
  ["[b-z].*"] = "b.lua b.txt",
  ["[!b]*"] = "[odd] a.lua sub sub2",
  ["[[]odd]/*"] = "[odd]/e.lua",
  ["\\[odd]/*.lua"] = "[odd]/e.lua",
  ["{a,b}.lua"] = "a.lua b.lua",
  ["{a,b{,c}}.{lua,txt}"] = "a.lua b.lua b.txt",
  ["**/*.lua"] = "[odd]/e.lua a.lua b.lua sub/d.lua sub/x/é.lua",
  ["sub/**"] = "sub/d.lua sub/x sub/x/é.lua",
  ["**/x/**"] = "sub/x/é.lua",
  ["**/?.lua"] = "[odd]/e.lua a.lua b.lua sub/d.lua sub/x/é.lua",
  ["*/"] = "[odd] sub sub2",
  ["sub*/*.c"] = "sub2/a.c",
  ["a.lua"] = "a.lua",
  ["none"] = "",
  ["none/*"] = "",
  ["a.lua/*"] = "",
  ["sub/../a.*"] = "a.lua",
  ["{a"] = "",
} do
  assert(globbed(pattern) == expected, ("%s finds %s"):format(pattern, globbed(pattern)))
end
assert(globbed("*.lua", { hidden = true }) == ".c.lua a.lua b.lua")
assert(globbed("*", { type = "directory" }) == "[odd] sub sub2")
assert(globbed("s*", { type = "file" }) == "")
assert(globbed(at "g" .. "/*.txt", { base = "/nowhere" }) == "b.txt")
-- A pattern that makes a backtracking matcher work for hours.
assert(fs.write(at "g/" .. ("a"):rep(200), ""))
assert(globbed(("*a"):rep(60) .. "b") == "")
assert(not pcall(fs.glob, ("{a,b}"):rep(12)))

-- Copying.
assert(fs.chmod(at "t/a", "750"))
assert(fs.copy(at "t/a", at "copy") and fs.read(at "copy") == "t/a" and fs.stat(at "copy").mode == 488)
fails("cannot copy '" .. at "t/z" .. "' to '" .. at "copy" .. "': File exists",
  fs.copy(at "t/z", at "copy", { overwrite = false }))
assert(fs.copy(at "t/z", at "copy") and fs.read(at "copy") == "t/z")
fails("cannot copy '" .. at "t" .. "': it is a folder (and recursive is not set)", fs.copy(at "t", at "u"))
assert(fs.copy(at "t", at "u", { recursive = true }))
assert(fs.read(at "u/s/deep/2") == "t/s/deep/2" and fs.readlink(at "u/s/up") == ".." and fs.stat(at "u/a").mode == 488)
assert(fs.copy(at "t", at "u", { recursive = true })) -- into what is there
fails("cannot copy '" .. at "t" .. "': the copy would lie in it", fs.copy(at "t", at "t/s/in", { recursive = true }))
assert(not fs.exists(at "t/s/in"))
fails("cannot copy '/nope': No such file or directory", fs.copy("/nope", at "x"))
fails("cannot copy '" .. at "copy" .. "' to '" .. at "t" .. "': Is a directory", fs.copy(at "copy", at "t"))

-- Moving.
assert(fs.move(at "u", at "v") and not fs.exists(at "u") and fs.read(at "v/z") == "t/z")
assert(fs.write(at "w", "old") and fs.move(at "copy", at "w") and fs.read(at "w") == "t/z")
fails("cannot move '" .. at "w" .. "' to '" .. at "file" .. "': File exists", fs.move(at "w", at "file", { overwrite = false }))
fails("cannot move '/nope' to '" .. at "w" .. "': No such file or directory", fs.move("/nope", at "w"))
if fs.is_dir "/dev/shm" and fs.stat("/dev/shm").dev ~= fs.stat(root).dev then
  local other = fs.tmpdir { dir = "/dev/shm" }
  if other then
    assert(fs.move(at "v", other .. "/v") and not fs.exists(at "v") and fs.read(other .. "/v/s/1") == "t/s/1")
    assert(fs.remove(other, { recursive = true }))
  end
end

-- Removing: links are not followed, and what is dangerous is refused.
assert(fs.mkdir(at "r") and fs.symlink("../t", at "r/link"))
fails("cannot remove '" .. at "r" .. "': Directory not empty", fs.remove(at "r"))
assert(fs.remove(at "r", { recursive = true }) and not fs.exists(at "r") and fs.read(at "t/z") == "t/z")
assert(fs.remove(at "file") and not fs.exists(at "file") and fs.remove(at "m"))
fails("cannot remove '" .. at "file" .. "': No such file or directory", fs.remove(at "file"))
assert(fs.remove(at "file", { missing_ok = true }) and fs.remove(at "file", { missing_ok = true, recursive = true }))
for _, name in ipairs { "/", "", ".", "..", root .. "/..", root .. "/." } do
  local refused, sentence = pcall(fs.remove, name, { recursive = true })
  assert(not refused and sentence == "fs.remove: '" .. name .. "' is refused", sentence)
end
-- Deeper than the longest path the system takes.
local deep = root
for _ = 1, 30 do deep = deep .. "/" .. ("d"):rep(100) end
assert(fs.mkdir(deep))
assert(fs.remove(root, { recursive = true }) and not fs.exists(root))
