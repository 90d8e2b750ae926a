--[[ fs: files and folders.

  local fs = require "fs"
  local text = assert(fs.read("notes.txt"))
  assert(fs.write("out/report.md", text, { parents = true }))
  for file, kind in fs.walk("src") do print(kind, file) end

What the system refuses is no Lua error: the functions return nil and a sentence that names the path ("cannot read
'notes.txt': No such file or directory"), so `assert(fs.read(p))` raises it. Wrong arguments are errors at the caller.
Contents and names are bytes. A relative path starts at the working folder of the script. The functions run on the
script's own thread: while gigabytes are copied or removed no other task of the script goes on; use shell.run for these.

READING
  fs.read(p [, {offset, max_bytes}])   the contents, from byte `offset` (default 0), at most `max_bytes` (default: all)
  fs.exists(p)                         whether something is there (a link that leads nowhere is not)
  fs.is_file(p) fs.is_dir(p)           what it is, links followed;   fs.is_link(p)  whether it is a symbolic link itself
  fs.stat(p [, {follow}])              {type, size, mode, mtime (ms since 1970), uid, gid, dev, ino, nlink}; type is "file",
                                       "directory", "link", "fifo", "socket", "char" or "block"; follow (default true)
  fs.size(p) fs.mtime(p)               of that, one field
  fs.list(folder)                      the names in it, sorted; and a table of name -> type
  fs.walk(folder [, {max_depth, hidden, skip, on_error}])
                                       iterates over path, type of all that lies below, sorted, a folder before its
                                       contents; links are not followed. max_depth 1 is the folder's own entries; hidden
                                       (default true); what skip(path, type) is true for is left out, with its contents.
                                       A folder that cannot be listed goes to on_error(message), else it is a Lua error.
  fs.glob(pattern [, {base, hidden, type}])
                                       the sorted list of paths that match: * ? [a-z] [!a-z] {a,b}, ** for any number of
                                       folders, a slash at the end for folders only. Names with a leading point only if
                                       written out or hidden (default false). base: where it starts, and what the paths
                                       start with. type: "file" or "directory" only.
  fs.readlink(p) fs.realpath(p)        where a link points; the path without links, "." and ".."
  fs.cwd()                             the working folder

WRITING (each returns true)
  fs.write(p, text [, {parents, mode, exclusive, sync}])
                                       the whole file at once: a reader sees the old text or the new. Keeps the mode of a
                                       file that was there (new: 0666 less the umask, or `mode`); writes to where a link
                                       points. parents: make its folder; exclusive: fail if it exists; sync: on the disk
                                       when it returns.
  fs.append(p, text [, {parents, mode, sync}])   at the end, in one write; makes the file if needed
  fs.mkdir(p [, {parents, mode}])      parents (default true): also those above, and no failure if it is there already
  fs.remove(p [, {recursive, missing_ok}])   a file, a link or an empty folder; with recursive a folder and all in it
                                       (links are removed, not followed). "/", "." and ".." are refused.
  fs.copy(from, to [, {recursive, overwrite}])   a file, to the name `to`; with recursive a folder, into the folder `to`,
                                       links as links. Modes are kept. overwrite (default true): what `to` has already.
  fs.move(from, to [, {overwrite}])    renames; copies and removes if `to` is on another disk
  fs.chmod(p, mode)                    mode as a number (0x1ED) or in octal ("755")
  fs.symlink(target, p)                a link p that points to target
  fs.tmpname([{prefix, suffix, dir}])  the path of a new, empty file that only this user may read
  fs.tmpdir([{prefix, suffix, dir}])   the path of a new folder, likewise. dir: $TMPDIR, else /tmp. Neither is removed by
                                       itself: fs.remove(folder, { recursive = true }).
]]
local fs = {}

local arguments = require "agentscript.arguments"
local glob = require "agentscript.glob"
local host = require "agentscript.host"
local path = require "path"

local check = arguments.check

--- Lua's form of a failure, with the verb and the path in it.
local function failed(verb, p, problem) return nil, ("cannot %s '%s': %s"):format(verb, p, problem) end

--- Passes the results of a host function on, or its failure.
local function outcome(verb, p, result, problem)
  if result == nil then return failed(verb, p, problem) end
  return result
end

local function mode_bits(call, mode)
  if mode == nil then return nil end
  local bits
  if type(mode) == "number" then bits = math.tointeger(mode) end
  if type(mode) == "string" and mode:find("^[0-7]+$") then bits = tonumber(mode, 8) end
  if not bits or bits < 0 or bits > 4095 then
    error(("%s: mode must be a number from 0 to 4095 or octal digits, got '%s'"):format(call, tostring(mode)), 3)
  end
  return bits
end

-- Reading ----------------------------------------------------------------------------------------------------------

function fs.read(p, options)
  check("fs.read", 1, "p", p, "string")
  options = arguments.options("fs.read", options, { offset = "integer", max_bytes = "integer" })
  return outcome("read", p, host.read_file(p, options.offset or 0, options.max_bytes))
end

function fs.stat(p, options)
  check("fs.stat", 1, "p", p, "string")
  options = arguments.options("fs.stat", options, { follow = "boolean" })
  return outcome("stat", p, host.stat(p, options.follow ~= false))
end

local function kind(p, follow)
  local found = host.stat(p, follow)
  return found and found.type
end

function fs.exists(p)
  check("fs.exists", 1, "p", p, "string")
  return kind(p, true) ~= nil
end

function fs.is_file(p)
  check("fs.is_file", 1, "p", p, "string")
  return kind(p, true) == "file"
end

function fs.is_dir(p)
  check("fs.is_dir", 1, "p", p, "string")
  return kind(p, true) == "directory"
end

function fs.is_link(p)
  check("fs.is_link", 1, "p", p, "string")
  return kind(p, false) == "link"
end

function fs.size(p)
  check("fs.size", 1, "p", p, "string")
  local found, problem = host.stat(p, true)
  if not found then return failed("stat", p, problem) end
  return found.size
end

function fs.mtime(p)
  check("fs.mtime", 1, "p", p, "string")
  local found, problem = host.stat(p, true)
  if not found then return failed("stat", p, problem) end
  return found.mtime
end

function fs.readlink(p)
  check("fs.readlink", 1, "p", p, "string")
  return outcome("read the link", p, host.readlink(p))
end

function fs.realpath(p)
  check("fs.realpath", 1, "p", p, "string")
  return outcome("find", p, host.realpath(p))
end

function fs.cwd()
  return outcome("find", ".", host.cwd())
end

--- The sorted names in a folder and their types; nil, message and the system's words if it cannot be listed.
local function entries(folder)
  local names, types, number = host.list(folder)
  if not names then
    local result, message = failed("list", folder, types)
    return result, message, number
  end
  local kinds = {}
  for i, name in ipairs(names) do kinds[name] = types[i] end
  table.sort(names)
  return names, kinds
end

function fs.list(folder)
  check("fs.list", 1, "folder", folder, "string")
  local names, kinds = entries(folder)
  return names, kinds
end

local WALK_OPTIONS = { max_depth = "integer", hidden = "boolean", skip = "function", on_error = "function" }

function fs.walk(folder, options)
  check("fs.walk", 1, "folder", folder, "string")
  options = arguments.options("fs.walk", options, WALK_OPTIONS)
  local max_depth, hidden, skip, on_error =
    options.max_depth or math.huge, options.hidden ~= false, options.skip, options.on_error
  local levels = {}
  local function enter(name)
    local names, kinds = entries(name)
    if names then
      levels[#levels + 1] = { folder = name, names = names, kinds = kinds, at = 0 }
    elseif on_error then
      on_error(kinds)
    else
      error("fs.walk: " .. kinds, 3)
    end
  end
  if max_depth > 0 then enter(folder) end
  local pending
  return function()
    if pending then
      local name = pending
      pending = nil
      enter(name)
    end
    while #levels > 0 do
      local level = levels[#levels]
      level.at = level.at + 1
      local name = level.names[level.at]
      if not name then
        levels[#levels] = nil
      elseif hidden or name:sub(1, 1) ~= "." then
        local full, type_ = path.join(level.folder, name), level.kinds[name]
        if not (skip and skip(full, type_)) then
          if type_ == "directory" and #levels < max_depth then pending = full end
          return full, type_
        end
      end
    end
  end
end

-- Patterns of names ------------------------------------------------------------------------------------------------

local ENOENT, ENOTDIR = 2, 20

--- Names in a folder for a pattern: one that is not there, or is no folder, has none.
local function names_for_glob(folder)
  local names, kinds, number = entries(folder == "" and "." or folder)
  if names then return names, kinds end
  if number == ENOENT or number == ENOTDIR then return {}, {} end
  error({ message = kinds }, 0)
end

local function joined(folder, name) return folder == "" and name or path.join(folder, name) end

local expand_segments

--- What "**" finds: all that the other segments find here and in every folder below.
local function expand_below(folder, segments, i, hidden, found)
  expand_segments(folder, segments, i + 1, hidden, found)
  local names, kinds = names_for_glob(folder)
  for _, name in ipairs(names) do
    if kinds[name] == "directory" and (hidden or name:sub(1, 1) ~= ".") then
      expand_below(joined(folder, name), segments, i, hidden, found)
    end
  end
end

function expand_segments(folder, segments, i, hidden, found)
  local segment = segments[i]
  if not segment then
    if folder ~= "" then found[folder] = true end
  elseif segment == "**" then
    if i < #segments and segments[i + 1] == "**" then return expand_segments(folder, segments, i + 1, hidden, found) end
    if i == #segments then segments = table.move(segments, 1, i, 1, { [i + 1] = "*" }) end
    expand_below(folder, segments, i, hidden, found)
  elseif not glob.is_magic(segment) then
    local full = joined(folder, segment)
    if kind(full, i < #segments) then expand_segments(full, segments, i + 1, hidden, found) end
  else
    local tokens = glob.compile(segment)
    local names, kinds = names_for_glob(folder)
    for _, name in ipairs(names) do
      local usable = i == #segments or kinds[name] == "directory" or kinds[name] == "link"
      if usable and glob.matches(tokens, name, hidden) then
        expand_segments(joined(folder, name), segments, i + 1, hidden, found)
      end
    end
  end
end

function fs.glob(pattern, options)
  check("fs.glob", 1, "pattern", pattern, "string")
  options = arguments.options("fs.glob", options, { base = "string", hidden = "boolean", type = "string" })
  local wanted = options.type
  if wanted and wanted ~= "file" and wanted ~= "directory" then
    error("fs.glob: option 'type' must be 'file' or 'directory', got '" .. wanted .. "'", 2)
  end
  local found = {}
  local ok, problem = pcall(function()
    for _, plain in ipairs(glob.expand(pattern)) do
      local matches = {}
      expand_segments(plain:sub(1, 1) == "/" and "" or options.base or "", path.split(plain), 1, options.hidden, matches)
      local folders_only = plain:sub(-1) == "/"
      for name in next, matches do
        if not folders_only or kind(name, true) == "directory" then found[name] = true end
      end
    end
  end)
  if not ok then
    if type(problem) == "table" and problem.message then return nil, problem.message end
    error(problem, 0)
  end
  local results = {}
  for name in next, found do
    if not wanted or kind(name, true) == wanted then results[#results + 1] = name end
  end
  table.sort(results)
  return results
end

-- Writing ----------------------------------------------------------------------------------------------------------

local EEXIST = 17

local function make_folders(p, mode)
  local made, problem, number = host.mkdir(p, mode)
  if made or number == EEXIST and kind(p, true) == "directory" then return true end
  local parent = path.dirname(p)
  if number ~= ENOENT or parent == p then return failed("make the folder", p, problem) end
  local above, message = make_folders(parent, 511)
  if not above then return nil, message end
  made, problem, number = host.mkdir(p, mode)
  if made or number == EEXIST and kind(p, true) == "directory" then return true end
  return failed("make the folder", p, problem)
end

function fs.mkdir(p, options)
  check("fs.mkdir", 1, "p", p, "string")
  options = arguments.options("fs.mkdir", options, { parents = "boolean", mode = "integer string" })
  local mode = mode_bits("fs.mkdir", options.mode) or 511
  if options.parents == false then return outcome("make the folder", p, host.mkdir(p, mode)) end
  return make_folders(p, mode)
end

local WRITE_OPTIONS = { parents = "boolean", mode = "integer string", exclusive = "boolean", sync = "boolean" }
local APPEND_OPTIONS = { parents = "boolean", mode = "integer string", sync = "boolean" }

local function put(verb, p, text, how, mode, options)
  if options.parents then
    local made, message = make_folders(path.dirname(p), 511)
    if not made then return nil, message end
  end
  return outcome(verb, p, host.write_file(p, text, how, mode, options.sync == true))
end

function fs.write(p, text, options)
  check("fs.write", 1, "p", p, "string")
  check("fs.write", 2, "text", text, "string")
  options = arguments.options("fs.write", options, WRITE_OPTIONS)
  local mode = mode_bits("fs.write", options.mode)
  return put("write", p, text, options.exclusive and "create" or "replace", mode, options)
end

function fs.append(p, text, options)
  check("fs.append", 1, "p", p, "string")
  check("fs.append", 2, "text", text, "string")
  options = arguments.options("fs.append", options, APPEND_OPTIONS)
  return put("append to", p, text, "append", mode_bits("fs.append", options.mode), options)
end

function fs.remove(p, options)
  check("fs.remove", 1, "p", p, "string")
  options = arguments.options("fs.remove", options, { recursive = "boolean", missing_ok = "boolean" })
  local last = path.basename(p)
  if last == "/" or last == "." or last == ".." or last == "" then
    error(("fs.remove: '%s' is refused"):format(p), 2)
  end
  local removed, problem, number = host.remove(p, options.recursive == true)
  if removed or number == ENOENT and options.missing_ok then return true end
  return failed("remove", p, problem)
end

local copy

local function copy_folder(from, to, overwrite)
  local made, message = make_folders(to, 511)
  if not made then return nil, message end
  local names, kinds = entries(from)
  if not names then return nil, kinds end
  for _, name in ipairs(names) do
    local done
    done, message = copy(path.join(from, name), path.join(to, name), kinds[name], overwrite)
    if not done then return nil, message end
  end
  local found = host.stat(from, true)
  if found then host.chmod(to, found.mode) end
  return true
end

local function copy_link(from, to, overwrite)
  local target, problem = host.readlink(from)
  if not target then return failed("copy", from, problem) end
  if overwrite and kind(to, false) then
    local removed, reason = host.remove(to, false)
    if not removed then return failed("replace", to, reason) end
  end
  local made, reason = host.symlink(target, to)
  if not made then return failed("make the link", to, reason) end
  return true
end

--- Whether the folder `to`, which need not be there yet, is the folder `from` or lies in it.
local function lies_in_itself(from, to)
  local source, above = host.realpath(from), path.absolute(to)
  while source do
    local place = host.realpath(above)
    if place then return path.is_inside(place, source) end
    above = path.dirname(above)
  end
  return false
end

function copy(from, to, type_, overwrite)
  if type_ == "directory" then return copy_folder(from, to, overwrite) end
  if type_ == "link" then return copy_link(from, to, overwrite) end
  if type_ ~= "file" then return failed("copy", from, "it is a " .. type_) end
  local copied, problem = host.copy_file(from, to, overwrite)
  if not copied then return nil, ("cannot copy '%s' to '%s': %s"):format(from, to, problem) end
  return true
end

function fs.copy(from, to, options)
  check("fs.copy", 1, "from", from, "string")
  check("fs.copy", 2, "to", to, "string")
  options = arguments.options("fs.copy", options, { recursive = "boolean", overwrite = "boolean" })
  local found, problem = host.stat(from, true)
  if not found then return failed("copy", from, problem) end
  if found.type == "directory" and not options.recursive then
    return failed("copy", from, "it is a folder (and recursive is not set)")
  elseif found.type == "directory" and lies_in_itself(from, to) then
    return failed("copy", from, "the copy would lie in it")
  end
  return copy(from, to, found.type, options.overwrite ~= false)
end

local EXDEV = 18

function fs.move(from, to, options)
  check("fs.move", 1, "from", from, "string")
  check("fs.move", 2, "to", to, "string")
  options = arguments.options("fs.move", options, { overwrite = "boolean" })
  local here = kind(from, false)
  if options.overwrite == false and kind(to, false) then
    return nil, ("cannot move '%s' to '%s': File exists"):format(from, to)
  end
  local moved, problem, number = host.rename(from, to)
  if moved then return true end
  if number ~= EXDEV then return nil, ("cannot move '%s' to '%s': %s"):format(from, to, problem) end
  local copied, message = copy(from, to, here, true)
  if not copied then return nil, message end
  local removed, reason = host.remove(from, true)
  if not removed then return failed("remove", from, reason) end
  return true
end

function fs.chmod(p, mode)
  check("fs.chmod", 1, "p", p, "string")
  check("fs.chmod", 2, "mode", mode, "integer string")
  return outcome("change the mode of", p, host.chmod(p, mode_bits("fs.chmod", mode)))
end

function fs.symlink(target, p)
  check("fs.symlink", 1, "target", target, "string")
  check("fs.symlink", 2, "p", p, "string")
  return outcome("make the link", p, host.symlink(target, p))
end

local function temporary(call, options, is_folder)
  options = arguments.options(call, options, { prefix = "string", suffix = "string", dir = "string" }, 3)
  local prefix, suffix = options.prefix or "agentscript-", options.suffix or ""
  if (prefix .. suffix):find("/", 1, true) then error(call .. ": prefix and suffix must not contain a slash", 3) end
  local folder = options.dir or os.getenv("TMPDIR")
  if not folder or folder == "" then folder = "/tmp" end
  return outcome(is_folder and "make a folder in" or "make a file in", folder,
    host.temporary(folder, prefix, suffix, is_folder))
end

-- No tail calls: they would take the caller's place in the errors.

function fs.tmpname(options)
  local file, message = temporary("fs.tmpname", options, false)
  return file, message
end

function fs.tmpdir(options)
  local folder, message = temporary("fs.tmpdir", options, true)
  return folder, message
end

return fs
