-- shell: quoting that survives the shell, and commands.
local fs = require "fs"
local shell = require "shell"

for _, word in ipairs { "", "plain", "a b", "it's", '"', "$HOME", "`id`", "\\", "*", "a\nb", "-n", "~", "é", "a;b|c&d", "'''", "!x", "#c", "=" } do
  assert(task { command = "printf %s " .. shell.quote(word) }.output == word, word)
end
assert(shell.quote "a/b-c.d_e:1,2@3%4+5" == "a/b-c.d_e:1,2@3%4+5" and shell.quote "" == "''")
assert(shell.join { "echo", "a b", 3, "it's" } == [[echo 'a b' 3 'it'\''s']])

local r = shell.run("exit 4", { description = "leaves with 4" })
assert(r.exit_code == 4 and not r.success)
assert(shell.run("true", { run_in_background = true }):wait().success)

assert(shell.output "echo hello" == "hello" and shell.output { "printf", "x\\n\\ny\\n\\n" } == "x\n\ny")
assert(shell.output("echo hello", { trim = false }) == "hello\n")
assert(shell.output("echo out; echo err >&2", { stderr = "drop" }) == "out")
assert(shell.output({ "sh", "-c", "echo out; echo err >&2" }, { stderr = "drop" }) == "out")
assert(shell.output "echo out; echo err >&2" == "out\nerr")
local text, message, result = shell.output "echo oops >&2; exit 3"
assert(text == nil and message:find "3" and result.exit_code == 3)
local ok_text, ok_result = shell.output "true"
assert(ok_text == "" and ok_result.success)
-- All of it, however long.
local long = shell.output "seq 1 100000"
assert(#long == 588894 and long:find "\n100000$")
assert(shell.output([[printf '\377\0x']]) == "\xFF\0x")

assert(shell.ok "true" == true and shell.ok "false" == false and shell.ok { "test", "-d", "/" })
local good, second = shell.ok "exit 2"
assert(not good and second.exit_code == 2)

assert(shell.which "sh" and fs.is_file(shell.which "sh") and shell.which "no-such-program" == nil)
assert(shell.which "/bin/sh" == "/bin/sh" and shell.which "/etc/passwd" == nil and shell.which "" == nil and shell.which "/" == nil)

local function raised(part, f, ...)
  local ok, problem = pcall(f, ...)
  assert(not ok and tostring(problem):find(part, 1, true), problem)
end
raised("shell.quote: argument 1 (text) must be a string, got the number 5", shell.quote, 5)
raised("shell.quote: argument 1 has a NUL byte in it", shell.quote, "a\0b")
raised("shell.join: argument 2 (a word) must be a string, got a table", shell.join, { "a", {} })
raised("shell.run: argument 1 (command) must be a string or a table, got nil", shell.run)
raised("shell.run: the command comes first, spec must not have 'fn'", shell.run, "true", { fn = print })
raised("shell.output: option 'stderr' must be 'keep' or 'drop'", shell.output, "true", { stderr = "x" })
