--[[ path: names of files, as text (POSIX). Nothing here looks at the disk.

  local path = require "path"
  path.join("src", "main.lua")        --> "src/main.lua"
  path.ext("a/b.tar.gz")              --> ".gz"
  path.relative("/srv/www/a", "/srv") --> "www/a"

FUNCTIONS
  path.join(part, ...)          the parts with one slash between them; an empty part is left out, and an absolute one
                                forgets those before it, as cd does. No parts: ".".
  path.dirname(p)               all but the last component: "a/b" -> "a", "a" -> ".", "/a" -> "/", "a/b/" -> "a"
  path.basename(p [, suffix])   the last component, without that suffix: "a/b.lua" -> "b.lua"; of "/" it is "/"
  path.stem(p)                  the last component without its extension: "a/b.tar.gz" -> "b.tar", ".bashrc" -> ".bashrc"
  path.ext(p)                   the extension with its point, or "": "b.lua" -> ".lua", ".bashrc" -> "", "b." -> "."
  path.with_ext(p, ext)         p with another extension (with its point), or with none for ""
  path.split(p)                 a list of the components, the first one "/" if p is absolute
  path.normalize(p)             without ".", double slashes, a slash at the end and "x/..": "./a//b/../c/" -> "a/c".
                                (If x is a link to a folder, x/.. is another place: ask fs.realpath.) "" -> "."
  path.is_absolute(p)           whether it starts with a slash
  path.absolute(p [, base])     normalized, and seen from base (default: the working folder)
  path.relative(p [, base])     the way from base (default: the working folder) to p: "../x", or "." for base itself
  path.expand(p)                with "~" or "~/..." at its start replaced by the home folder ($HOME)
  path.is_inside(p, folder)     whether p, normalized, is the folder or lies in it

ERRORS  An argument that is no string is an error at the caller. absolute and relative without a base raise an error if
the working folder is gone; so does relative if base begins with ".." components whose names only the disk knows, and
expand if there is no home folder.
]]
local path = {}

local arguments = require "agentscript.arguments"
local check = arguments.check

local function working_folder(call)
  local folder, problem = require("agentscript.host").cwd()
  if not folder then error(call .. ": the working folder cannot be told: " .. problem, 3) end
  return folder
end

function path.is_absolute(p)
  check("path.is_absolute", 1, "p", p, "string")
  return p:sub(1, 1) == "/"
end

function path.join(...)
  local result = ""
  for i = 1, select("#", ...) do
    local part = select(i, ...)
    check("path.join", i, "part", part, "string")
    if part:sub(1, 1) == "/" or result == "" then
      result = part
    elseif part ~= "" then
      result = (result:sub(-1) == "/" and result or result .. "/") .. part
    end
  end
  return result == "" and "." or result
end

--- p without slashes at its end, but "/" for the root.
local function trimmed(p)
  local body = p:match("^(.-)/*$")
  return body == "" and p ~= "" and "/" or body
end

local function basename(p) return trimmed(p):match("[^/]*$") end

function path.dirname(p)
  check("path.dirname", 1, "p", p, "string")
  local folder = trimmed(p):match("^(.*)/[^/]*$")
  if not folder then return "." end
  return trimmed(folder .. "/")
end

function path.basename(p, suffix)
  check("path.basename", 1, "p", p, "string")
  check("path.basename", 2, "suffix", suffix, "string nil")
  local name = basename(p)
  if name == "" and p ~= "" then return "/" end
  if suffix and suffix ~= "" and #name > #suffix and name:sub(-#suffix) == suffix then
    return name:sub(1, -#suffix - 1)
  end
  return name
end

--- Name and extension of the last component.
local function divided(p)
  local name = basename(p)
  if name == ".." then return name, "" end
  local stem, ext = name:match("^(.+)(%.[^.]*)$")
  return stem or name, ext or ""
end

function path.stem(p)
  check("path.stem", 1, "p", p, "string")
  local stem = divided(p)
  return stem
end

function path.ext(p)
  check("path.ext", 1, "p", p, "string")
  local _, ext = divided(p)
  return ext
end

function path.with_ext(p, ext)
  check("path.with_ext", 1, "p", p, "string")
  check("path.with_ext", 2, "ext", ext, "string")
  if ext ~= "" and not ext:find("^%.[^/]*$") then
    error("path.with_ext: argument 2 (ext) must start with a point, got '" .. ext .. "'", 2)
  end
  local _, old = divided(p)
  local body = trimmed(p)
  return body:sub(1, #body - #old) .. ext
end

local function components(p)
  local list = {}
  if p:sub(1, 1) == "/" then list[1] = "/" end
  for part in p:gmatch("[^/]+") do list[#list + 1] = part end
  return list
end

function path.split(p)
  check("path.split", 1, "p", p, "string")
  return components(p)
end

local function normalized(p)
  local list = {}
  for _, part in ipairs(components(p)) do
    local last = list[#list]
    if part == ".." and last == "/" then
      -- The root's parent is the root.
    elseif part == ".." and last and last ~= ".." then
      list[#list] = nil
    elseif part ~= "." then
      list[#list + 1] = part
    end
  end
  return list
end

local function assembled(list)
  if list[1] == "/" then return "/" .. table.concat(list, "/", 2) end
  return list[1] and table.concat(list, "/") or "."
end

function path.normalize(p)
  check("path.normalize", 1, "p", p, "string")
  return assembled(normalized(p))
end

function path.absolute(p, base)
  check("path.absolute", 1, "p", p, "string")
  check("path.absolute", 2, "base", base, "string nil")
  if p:sub(1, 1) ~= "/" and (not base or base:sub(1, 1) ~= "/") then
    base = path.join(working_folder("path.absolute"), base or "")
  end
  return assembled(normalized(path.join(base or "", p)))
end

function path.relative(p, base)
  check("path.relative", 1, "p", p, "string")
  check("path.relative", 2, "base", base, "string nil")
  local same_kind = base and (p:sub(1, 1) == "/") == (base:sub(1, 1) == "/")
  if not same_kind then
    local here = working_folder("path.relative")
    p, base = path.join(here, p), path.join(here, base or "")
  end
  local to, from, common = normalized(p), normalized(base), 0
  while to[common + 1] and to[common + 1] == from[common + 1] do common = common + 1 end
  local way = {}
  for i = common + 1, #from do
    if from[i] == ".." then error("path.relative: the way out of '" .. base .. "' is not known", 2) end
    way[#way + 1] = ".."
  end
  table.move(to, common + 1, #to, #way + 1, way)
  return assembled(way)
end

function path.expand(p)
  check("path.expand", 1, "p", p, "string")
  if p ~= "~" and p:sub(1, 2) ~= "~/" then return p end
  local home = os.getenv("HOME")
  if not home or home == "" then error("path.expand: HOME is not set", 2) end
  return p == "~" and home or path.join(home, p:sub(3))
end

function path.is_inside(p, folder)
  check("path.is_inside", 1, "p", p, "string")
  check("path.is_inside", 2, "folder", folder, "string")
  local inner, outer = normalized(path.absolute(p)), normalized(path.absolute(folder))
  for i, part in ipairs(outer) do
    if inner[i] ~= part then return false end
  end
  return true
end

return path
