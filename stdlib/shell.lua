--[[ shell: command lines.

  local shell = require "shell"
  local commit = assert(shell.output "git rev-parse --short HEAD")
  if not shell.ok { "test", "-f", file } then print("no " .. file) end
  shell.run("tar xf " .. shell.quote(archive), { cwd = folder, timeout = "5m" })

Each command is a task, with a record and an output file of its own: what `task { command = ... }` takes and does holds here.
A string is for /bin/sh -c; a list is a program and its arguments, with no shell between.

FUNCTIONS
  shell.quote(text)                  the text as one word of a shell command line
  shell.join(list)                   the words of the list, each quoted, with spaces between (numbers are words, too)
  shell.run(command [, spec])        runs it to its end and returns the result; spec: any field of a task but command,
                                     prompt and fn (cwd, env, stdin, timeout, retries, description, ...)
  shell.output(command [, spec])     all that it wrote to standard output, without the newlines at the end, and the
                                     result; if it failed nil, a message, and the result. spec as above, and
                                     trim (default true): whether those newlines go; stderr (default "keep"): "drop"
                                     leaves out what it wrote to standard error
  shell.ok(command [, spec])         whether it ended with exit code 0, and the result
  shell.which(program)               the path of a program in PATH, or nil

ERRORS  A failed command is a result. Arguments of the wrong kind are errors at the caller; so is a text with a NUL byte,
which no command line can hold, and a field that task refuses.
]]
local shell = {}

local agentscript = require "agentscript"
local arguments = require "agentscript.arguments"
local check = arguments.check

local function quoted(call, position, text)
  if text:find("\0", 1, true) then
    error(("%s: argument %d has a NUL byte in it"):format(call, position), 3)
  end
  if text:find("^[%w_@%%+:,./-]+$") then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

function shell.quote(text)
  check("shell.quote", 1, "text", text, "string")
  local word = quoted("shell.quote", 1, text)
  return word
end

function shell.join(list)
  check("shell.join", 1, "list", list, "table")
  local words = {}
  for i = 1, #list do
    local word = list[i]
    if type(word) == "number" then word = tostring(word) end
    check("shell.join", i, "a word", word, "string")
    words[i] = quoted("shell.join", i, word)
  end
  return table.concat(words, " ")
end

--- The task for a command: a copy of the caller's fields.
local function task_spec(call, command, spec)
  check(call, 1, "command", command, "string table", 3)
  check(call, 2, "spec", spec, "table nil", 3)
  local copy = {}
  for key, value in next, spec or {} do copy[key] = value end
  for _, key in ipairs { "command", "prompt", "fn" } do
    if copy[key] ~= nil then error(("%s: the command comes first, spec must not have '%s'"):format(call, key), 3) end
  end
  copy.command = command
  return copy
end

function shell.run(command, spec)
  local result = agentscript.task(task_spec("shell.run", command, spec))
  return result
end

function shell.ok(command, spec)
  local copy = task_spec("shell.ok", command, spec)
  if copy.run_in_background then error("shell.ok: it waits, so run_in_background makes no sense", 2) end
  local result = agentscript.task(copy)
  return result.success, result
end

--- The same command with standard error thrown away.
local function without_stderr(command)
  if type(command) == "string" then return "exec 2>/dev/null\n" .. command end
  return table.move(command, 1, #command, 5, { "/bin/sh", "-c", 'exec "$@" 2>/dev/null', "sh" })
end

--- All that the job wrote: the result itself holds an excerpt only of what is long.
local function whole_output(result)
  local _, record = agentscript.status(result)
  if not record or not record.output_start or not record.output_end then return result.output end
  local size = record.output_end - record.output_start
  if size == #result.output then return result.output end
  return agentscript.read_output(result, { since = record.output_start, max_bytes = size })
end

function shell.output(command, spec)
  local copy = task_spec("shell.output", command, spec)
  local trim, stderr = copy.trim, copy.stderr
  copy.trim, copy.stderr = nil, nil
  if trim ~= nil and type(trim) ~= "boolean" then error("shell.output: option 'trim' must be a boolean", 2) end
  if stderr ~= nil and stderr ~= "keep" and stderr ~= "drop" then
    error("shell.output: option 'stderr' must be 'keep' or 'drop'", 2)
  end
  if copy.run_in_background then error("shell.output: it waits, so run_in_background makes no sense", 2) end
  if stderr == "drop" then copy.command = without_stderr(command) end
  local result = agentscript.task(copy)
  if not result.success then return nil, result.error, result end
  local text, problem = whole_output(result)
  if not text then return nil, problem, result end
  return trim == false and text or text:gsub("\n+$", ""), result
end

function shell.which(program)
  check("shell.which", 1, "program", program, "string")
  local host = require "agentscript.host"
  local function is_program(file)
    local found = host.stat(file, true)
    return found ~= nil and found.type == "file" and host.access(file, "x") ~= nil
  end
  if program:find("/", 1, true) then return is_program(program) and program or nil end
  if program == "" then return nil end
  for folder in ((os.getenv("PATH") or "/usr/bin:/bin") .. ":"):gmatch("([^:]*):") do
    local file = (folder == "" and "." or folder) .. "/" .. program
    if is_program(file) then return file end
  end
  return nil
end

return shell
