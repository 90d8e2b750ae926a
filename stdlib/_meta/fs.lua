---@meta fs

---What the system refuses is nil and a sentence that names the path.
---@class fs
local fs = {}

---@alias fs.kind "file"|"directory"|"link"|"fifo"|"socket"|"char"|"block"

---@class fs.status
---@field type fs.kind
---@field size integer
---@field mode integer
---@field mtime integer milliseconds since 1970
---@field uid integer
---@field gid integer
---@field dev integer
---@field ino integer
---@field nlink integer

---@param p string
---@param options? {offset?: integer, max_bytes?: integer}
---@return string? contents
---@return string? problem
function fs.read(p, options) end

---@param p string
---@return boolean
function fs.exists(p) end

---@param p string
---@return boolean
function fs.is_file(p) end

---@param p string
---@return boolean
function fs.is_dir(p) end

---@param p string
---@return boolean
function fs.is_link(p) end

---@param p string
---@param options? {follow?: boolean}
---@return fs.status?
---@return string? problem
function fs.stat(p, options) end

---@param p string
---@return integer? bytes
---@return string? problem
function fs.size(p) end

---@param p string
---@return integer? ms
---@return string? problem
function fs.mtime(p) end

---@param folder string
---@return string[]? names
---@return table<string, fs.kind>|string kinds or the problem
function fs.list(folder) end

---@param folder string
---@param options? {max_depth?: integer, hidden?: boolean, skip?: (fun(p: string, kind: fs.kind): boolean?), on_error?: fun(problem: string)}
---@return fun(): string?, fs.kind?
function fs.walk(folder, options) end

---@param pattern string
---@param options? {base?: string, hidden?: boolean, type?: "file"|"directory"}
---@return string[]? paths
---@return string? problem
function fs.glob(pattern, options) end

---@param p string
---@return string? target
---@return string? problem
function fs.readlink(p) end

---@param p string
---@return string? p
---@return string? problem
function fs.realpath(p) end

---@return string? folder
---@return string? problem
function fs.cwd() end

---@param p string
---@param text string
---@param options? {parents?: boolean, mode?: integer|string, exclusive?: boolean, sync?: boolean}
---@return true?
---@return string? problem
function fs.write(p, text, options) end

---@param p string
---@param text string
---@param options? {parents?: boolean, mode?: integer|string, sync?: boolean}
---@return true?
---@return string? problem
function fs.append(p, text, options) end

---@param p string
---@param options? {parents?: boolean, mode?: integer|string}
---@return true?
---@return string? problem
function fs.mkdir(p, options) end

---@param p string
---@param options? {recursive?: boolean, missing_ok?: boolean}
---@return true?
---@return string? problem
function fs.remove(p, options) end

---@param from string
---@param to string
---@param options? {recursive?: boolean, overwrite?: boolean}
---@return true?
---@return string? problem
function fs.copy(from, to, options) end

---@param from string
---@param to string
---@param options? {overwrite?: boolean}
---@return true?
---@return string? problem
function fs.move(from, to, options) end

---@param p string
---@param mode integer|string
---@return true?
---@return string? problem
function fs.chmod(p, mode) end

---@param target string
---@param p string
---@return true?
---@return string? problem
function fs.symlink(target, p) end

---@param options? {prefix?: string, suffix?: string, dir?: string}
---@return string? file
---@return string? problem
function fs.tmpname(options) end

---@param options? {prefix?: string, suffix?: string, dir?: string}
---@return string? folder
---@return string? problem
function fs.tmpdir(options) end

return fs
