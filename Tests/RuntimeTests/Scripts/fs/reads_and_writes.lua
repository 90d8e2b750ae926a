-- Files: written whole, read back byte for byte, and errors that name the path.
local fs = require "fs"
local path = require "path"

local root = assert(fs.tmpdir { prefix = "fs test-" })
local function at(name) return path.join(root, name) end

-- Bytes.
local bytes = {}
for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
local all = table.concat(bytes):rep(1000)
assert(fs.write(at "all", all) == true)
assert(fs.read(at "all") == all)
assert(fs.size(at "all") == 256000)
assert(fs.read(at "all", { offset = 65, max_bytes = 3 }) == "ABC")
assert(fs.read(at "all", { offset = 255999 }) == "\xFF" and fs.read(at "all", { offset = 300000 }) == "")
assert(fs.read(at "all", { max_bytes = 0 }) == "")
assert(fs.write(at "all", "") and fs.read(at "all") == "")
assert(#fs.read "/proc/self/status" > 100) -- a file whose size is 0 for stat

-- Modes: new files have the umask's, old ones keep theirs.
assert(fs.write(at "private", "x", { mode = "600" }))
assert(fs.stat(at "private").mode == 384)
assert(fs.write(at "private", "y") and fs.stat(at "private").mode == 384 and fs.read(at "private") == "y")
assert(fs.chmod(at "private", "755") and fs.stat(at "private").mode == 493)
assert(fs.chmod(at "private", 420) and fs.stat(at "private").mode == 420)

-- Append, exclusive, parents, sync.
assert(fs.append(at "list", "a\n") and fs.append(at "list", "b\n") and fs.read(at "list") == "a\nb\n")
assert(fs.append(at "p/q/list", "a", { parents = true }) and fs.read(at "p/q/list") == "a")
assert(fs.write(at "new", "1", { exclusive = true, sync = true }))
local done, problem = fs.write(at "new", "2", { exclusive = true })
assert(done == nil and problem == "cannot write '" .. at "new" .. "': File exists", problem)
assert(fs.read(at "new") == "1")
assert(fs.write(at "deep/er/file", "x", { parents = true }) and fs.read(at "deep/er/file") == "x")
done, problem = fs.write(at "nowhere/file", "x")
assert(done == nil and problem == "cannot write '" .. at "nowhere/file" .. "': No such file or directory", problem)

-- A write leaves nothing beside the file.
assert(table.concat(fs.list(at "deep/er"), " ") == "file")

-- Links are written through, and the link stays.
assert(fs.symlink("private", at "link"))
assert(fs.is_link(at "link") and fs.readlink(at "link") == "private" and fs.is_file(at "link"))
assert(fs.write(at "link", "through") and fs.is_link(at "link") and fs.read(at "private") == "through")
assert(fs.stat(at "link").type == "file" and fs.stat(at "link", { follow = false }).type == "link")
assert(fs.realpath(at "link") == fs.realpath(root) .. "/private")
assert(fs.symlink("gone", at "dangling") and not fs.exists(at "dangling") and fs.is_link(at "dangling"))
assert(fs.write("/dev/null", "x") and fs.stat("/dev/null").type == "char")

-- Questions.
assert(fs.exists(root) and fs.is_dir(root) and not fs.is_file(root) and not fs.is_link(root))
assert(not fs.exists(at "gone") and not fs.is_dir(at "gone") and not fs.is_file(at "gone"))
local found = fs.stat(at "private")
assert(found.type == "file" and found.size == 7 and found.nlink == 1 and math.type(found.ino) == "integer")
assert(math.abs(found.mtime - os.time() * 1000) < 60000 and fs.mtime(at "private") == found.mtime)
assert(fs.cwd():sub(1, 1) == "/")

-- Failures.
local function fails(sentence, value, message)
  assert(value == nil and message == sentence, ("%s, not %s"):format(message, sentence))
end
fails("cannot read '/nope/x': No such file or directory", fs.read "/nope/x")
fails("cannot read '" .. root .. "': Is a directory", fs.read(root))
fails("cannot stat '/nope': No such file or directory", fs.stat "/nope")
fails("cannot stat '/nope': No such file or directory", fs.size "/nope")
fails("cannot list '/nope': No such file or directory", fs.list "/nope")
fails("cannot list '" .. at "private" .. "': Not a directory", fs.list(at "private"))
fails("cannot find '/nope': No such file or directory", fs.realpath "/nope")
fails("cannot read the link '" .. root .. "': Invalid argument", fs.readlink(root))
fails("cannot write '" .. root .. "': Is a directory", fs.write(root, "x"))
fails("cannot change the mode of '/nope': No such file or directory", fs.chmod("/nope", 0))
fails("cannot read 'a\0b': Invalid argument", fs.read "a\0b")
fails("cannot write 'a\0b': Invalid argument", fs.write("a\0b", ""))

-- Misuse is an error at the caller.
local function raised(sentence, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and message == sentence, message)
end
raised("fs.read: argument 1 (p) must be a string, got nil", fs.read)
raised("fs.write: argument 2 (text) must be a string, got a table", fs.write, at "x", {})
raised("fs.write: unknown option 'parent'; did you mean 'parents'?", fs.write, at "x", "", { parent = true })
raised("fs.write: mode must be a number from 0 to 4095 or octal digits, got '999'", fs.write, at "x", "", { mode = "999" })
raised("fs.tmpname: unknown option 'prefx'; did you mean 'prefix'?", fs.tmpname, { prefx = "" })
raised("fs.tmpdir: prefix and suffix must not contain a slash", fs.tmpdir, { prefix = "a/b" })
local line = debug.getinfo(1, "l").currentline + 1
local _, message = pcall(function() local _ = fs.tmpdir { suffix = "/" } end)
assert(message:find(":" .. line .. ": fs.tmpdir", 1, true), message)

-- Temporary names.
local file = assert(fs.tmpname { prefix = "one-", suffix = ".txt", dir = root })
assert(path.dirname(file) == root and path.basename(file):find "^one%-.+%.txt$" and fs.stat(file).mode == 384)
assert(fs.stat(root).mode == 448 and fs.tmpname { dir = root } ~= fs.tmpname { dir = root })
fails("cannot make a file in '/nope': No such file or directory", fs.tmpname { dir = "/nope" })

assert(fs.remove(root, { recursive = true }) and not fs.exists(root))
