import Testing

@testable import agentscript

/// The prompt outside a terminal, where it is byte for byte that of `lua -i`, and its parts.
@Suite struct PromptTests {
  private let program = Program()

  @Test func linesAreEchoedAndValuesPrintedAsLuaDoes() {
    let result = program.run("-i", input: "(6*2-6) -- ===\na =\n10\nprint(a)\n=a, nil\nx x\nerror('e')\n")
    #expect(
      result.text == """
        Lua 5.4.4  Copyright (C) 1994-2022 Lua.org, PUC-Rio
        > (6*2-6) -- ===
        6
        > a =
        >> 10
        > print(a)
        10
        > =a, nil
        10\tnil
        > x x
        > error('e')
        > 

        """)
    #expect(
      result.errors == """
        stdin:1: syntax error near 'x'
        stdin:1: e
        stack traceback:
        \t[C]: in function 'error'
        \tstdin:1: in main chunk
        \t[C]: in ?

        """)
    #expect(result.code == 0)
  }

  @Test func promptsAreThoseOfTheScript() {
    let code = "local n = 0; _PROMPT = setmetatable({}, {__tostring = function() n = n + 1; return n end})"
    #expect(program.run("-e", code, "-i", input: " --\na = 2\n").text.hasSuffix("1 --\n2a = 2\n3\n"))
    let plain = program.run("-e", "_PROMPT = '' _PROMPT2 = ''", "-i", input: "for i = 1, 2 do\nprint(i)\nend")
    #expect(plain.text.hasSuffix("for i = 1, 2 do\nprint(i)\nend\n1\n2\n\n"))
    let broken = program.run("-e", "print = nil", "-i", input: "10\n")
    #expect(broken.errors == "error calling 'print' (attempt to call a nil value)\n")
  }

  @Test func waitingWorksAtThePrompt() {
    let input = "j = task{command = 'echo hi', run_in_background = true}\nsleep('10ms')\nwait(j).output\n"
    #expect(program.run("-i", input: input).text.contains("wait(j).output\nhi\n"))
  }

  @Test func valuesAreShownSortedBoundedAndHarmless() {
    let rows = [
      #"1, nil, "x""#: "1\tnil\t\"x\"", "{3, 2, 1}": "{ 3, 2, 1 }",
      #"{b = 1, a = {true}, [10] = 0, ["end"] = 2}"#: #"{ [10] = 0, a = { true }, b = 1, ["end"] = 2 }"#,
      "{{{{{{1}}}}}}": "{ { { { {…} } } } }", "{}": "{}", "0/0, 1/0, -1/0": "nan\tinf\t-inf",
      #""\27[2J\u{202E}\xff\n""#: #""\x1b[2J\u{202e}\xff\n""#, #""a\"b\\""#: #""a\"b\\""#,
      "(function() local t = {} t.t = t return t end)()": "{ t = <cycle> }",
      #"setmetatable({}, {__tostring = function() return "\27]0;x\7" end})"#: #"\x1b]0;x\a"#,
      "setmetatable({}, {__tostring = error})": "<table whose __tostring fails>",
      "coroutine.create(print)": "<thread: suspended>",
    ]
    for (code, shown) in rows {
      let result = program.run("-e", "io.write(require 'agentscript.repl_printer'.format(60, \(code)))")
      #expect(result.text == shown, "\(code) \(result.errors)")
    }
    let long = program.run(
      "-e", "local t = {} for i = 1, 150 do t[i] = i end io.write(require 'agentscript.repl_printer'.format(60, t))")
    #expect(long.text.split(separator: "\n").allSatisfy { $0.count <= 60 })
    #expect(long.text.contains("… 50 more"))
  }

  @Test(arguments: [
    ("string.fo", "rmat"), ("wh", "ile"), ("x = string.le", "n"), ("('x'):up", "per"), ("s:rev", "erse"),
    ("o:met", "hod"), ("o.fie", "ld"), ("t.inner.de", "ep"), ("require 'agentscript.repl_com", "pletion"), ("zzz", ""),
    ("nothing.x", ""), ("1.", ""),
  ])
  func theTabKeyCompletesNamesWithoutCallingAnything(text: String, inserted: String) {
    let code = """
      s = 'text' t = {inner = {deep = 1}}
      o = setmetatable({field = 1}, {__index = setmetatable({method = print}, {__index = error})})
      require 'agentscript.repl_completion'
      io.write((require 'agentscript.repl_completion'.answer([==[\(text)]==], #[==[\(text)]==], 80)) or '')
      """
    let result = program.run("-e", code)
    #expect(result.text == inserted, "\(result.errors)")
    #expect(result.errors.isEmpty)
  }

  @Test func severalNamesAreListedInColumns() {
    let code = """
      t = {alpha = 1, alphabet = 2, _private = 3}
      io.write(select(2, require 'agentscript.repl_completion'.answer('t.alpha', 7, 40)))
      """
    #expect(program.run("-e", code).text == "alpha     alphabet\n")
  }
}
