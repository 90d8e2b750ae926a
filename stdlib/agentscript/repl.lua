-- agentscript.repl: the prompt
--
-- Reads a line, runs it, shows what it gives, and again, until the input ends. A line that is no complete statement is
-- continued on the next one. The prompt is a coroutine like every other: what it runs may wait (sleep, task, wait), and
-- background work goes on while it waits for a line.
--
-- On a terminal values are shown by agentscript.repl_printer and names completed by agentscript.repl_completion. With
-- any other input it does, byte for byte, what `lua -i` does: values go through the global `print`, errors with their
-- traceback to standard error. `_PROMPT` and `_PROMPT2` are honoured in both.
--
--   local repl = require "agentscript.repl"
--   repl.run(host)
--
-- `host` is a table of functions. The ones that read suspend the calling coroutine alone:
--   host.readline(prompt)          one of "line", text; "end"; "interrupted"; "complete", text, cursor, columns
--   host.answer(insert, listing)   answers "complete" (either may be nil) and goes on reading: gives what readline gives
--   host.remember(text)            puts an entry into the history
--   host.is_terminal()             true when a person types
--   host.columns()                 the terminal's width
--   host.evaluate(chunk, handler)  optional, in place of xpcall: runs the chunk so that Ctrl-C reaches only it

local printer = require "agentscript.repl_printer"
local completion = require "agentscript.repl_completion"

-- A script may assign to any global: what is used here is kept.
local load, tostring, type, pcall, xpcall = load, tostring, type, pcall, xpcall
local rawget, getmetatable = rawget, debug.getmetatable
local traceback, pack, unpack = debug.traceback, table.pack, table.unpack
local globals = _G
local stdout, stderr = io.stdout, io.stderr

local repl = {}

local function prompt(global, default)
  local ok, value = pcall(function() return globals[global] end)
  if not ok or value == nil then return default end
  local text
  ok, text = pcall(tostring, value)
  return ok and text or default
end

-- Reads a line, answering what the Tab key asks for. Gives nil and the event at the end, or when the line was given up.
local function read(host, text)
  local event, line, cursor, columns = host.readline(text)
  while event == "complete" do
    event, line, cursor, columns = host.answer(completion.answer(line, cursor, columns))
  end
  if event == "line" then return line end
  return nil, event
end

local function is_incomplete(message)
  return type(message) == "string" and message:sub(-5) == "<eof>"
end

-- Reads a whole chunk. Gives the function; or nil and a syntax error; or nil, nil and the event that ended the reading.
local function read_chunk(host)
  local text, event = read(host, prompt("_PROMPT", "> "))
  if not text then return nil, nil, event end
  local source = text:sub(1, 1) == "=" and "return " .. text:sub(2) or text
  local chunk, message = load("return " .. source .. ";", "=stdin")
  if chunk then
    if text ~= "" then host.remember(text) end
    return chunk
  end
  chunk, message = load(source, "=stdin")
  while not chunk and is_incomplete(message) do
    local line
    line, event = read(host, prompt("_PROMPT2", ">> "))
    if event == "interrupted" then return nil, nil, event end
    if not line then break end
    source = source .. "\n" .. line
    chunk, message = load(source, "=stdin")
  end
  host.remember(source)
  return chunk, message
end

-- The message with a traceback from where the error was raised, as lua has it.
local function describe(object)
  if type(object) ~= "string" and type(object) ~= "number" then
    local metatable = getmetatable(object)
    if type(metatable) == "table" and rawget(metatable, "__tostring") ~= nil then
      local ok, text = pcall(tostring, object)
      if ok then return text end
    end
    object = ("(error object is a %s value)"):format(type(object))
  end
  -- The frames of this file are nobody's business: they begin at the last xpcall.
  local text = traceback(object, 2)
  local cut
  local from = 1
  while true do
    local at = text:find("\n\t[C]: in function 'xpcall'", from, true)
    if not at then break end
    cut, from = at, at + 1
  end
  return cut and text:sub(1, cut) .. "\t[C]: in ?" or text
end

local function show(host, is_terminal, values)
  if values.n == 1 then return end
  if is_terminal then
    stdout:write(printer.format(host.columns(), unpack(values, 2, values.n)), "\n")
    return
  end
  local ok, message = pcall(globals.print, unpack(values, 2, values.n))
  if not ok then stderr:write("error calling 'print' (", tostring(message), ")\n") end
end

--- Runs the prompt until the input ends.
function repl.run(host)
  local is_terminal = host.is_terminal()
  local evaluate = host.evaluate or xpcall
  while true do
    local chunk, message, event = read_chunk(host)
    if event == "end" then break end
    if chunk then
      local values = pack(evaluate(chunk, describe))
      if values[1] then
        show(host, is_terminal, values)
      else
        message = values[2]
      end
    end
    if message then
      stdout:flush()
      stderr:write(is_terminal and printer.harmless(tostring(message)) or tostring(message), "\n")
    end
  end
  stdout:write("\n")
  stdout:flush()
end

return repl
