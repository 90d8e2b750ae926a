import Testing

@testable import Configuration

/// What a configuration file may compute, and what stops it.
@Suite struct ConfigChunkTests {
  private func evaluate(_ text: String, _ bounds: ConfigChunk.Bounds = ConfigChunk.Bounds()) -> Result<
    ConfigValue, SettingsError
  > {
    do throws(SettingsError) {
      return .success(
        try ConfigChunk.evaluate(ConfigFile(path: "/x/config.lua", bytes: Array(text.utf8)), bounds: bounds))
    } catch {
      return .failure(error)
    }
  }

  private func problem(_ text: String, _ bounds: ConfigChunk.Bounds = ConfigChunk.Bounds()) -> String {
    if case .failure(let error) = evaluate(text, bounds) { error.description } else { "nothing" }
  }

  @Test func itComputesWithStringTableAndMath() throws {
    let value = try evaluate(
      """
      local t = {}
      for i = 1, 3 do table.insert(t, string.format("m%d", math.max(i, 2))) end
      return { secrets = t, on_ask = ("DENY"):lower() }
      """
    ).get()
    #expect(
      value
        == .table([
          .init(name: "on_ask", value: .text("deny")),
          .init(name: "secrets", value: .list([.text("m2"), .text("m2"), .text("m3")])),
        ]))
  }

  @Test(arguments: [
    "print", "require", "load", "loadstring", "loadfile", "dofile", "io", "os", "package", "debug", "coroutine", "utf8",
    "pcall", "error", "setmetatable", "getmetatable", "rawset", "collectgarbage", "_G", "warn", "string.dump",
    "math.random", "math.randomseed", "arg", "task", "env",
  ])
  func nothingElseIsThere(_ name: String) throws {
    #expect(try evaluate("return { a = \(name) == nil }").get() == .table([.init(name: "a", value: .flag(true))]))
  }

  @Test func eachFileHasAStateOfItsOwn() throws {
    _ = try evaluate("string.upper = nil; x = 1; return {}").get()
    #expect(
      try evaluate("return { a = string.upper('a'), b = x == nil }").get()
        == .table([.init(name: "a", value: .text("A")), .init(name: "b", value: .flag(true))]))
  }

  @Test func anErrorTellsFileAndLine() {
    #expect(problem("return {\n  a = = 1\n}") == "/x/config.lua:2: unexpected symbol near '='")
    #expect(problem("\n\nlocal x = nil + 1") == "/x/config.lua:3: attempt to perform arithmetic on a nil value")
    #expect(
      problem("#!/usr/bin/lua\nreturn { a = os.getenv('X') }")
        == "/x/config.lua:2: attempt to index a nil value (global 'os')")
  }

  @Test func itReturnsATable() {
    #expect(problem("local x = 1") == "/x/config.lua: must return a table, not nothing: return { … }")
    #expect(problem("return 'a'") == "/x/config.lua: must return a table, not a string: return { … }")
    #expect(problem("\u{1B}Lua") == "/x/config.lua: is compiled code; a text is wanted")
  }

  @Test func whatIsNoDataIsRefusedByItsPath() {
    #expect(
      problem("return { router = { tier = function() end } }")
        == "/x/config.lua: router.tier is a function, and a setting is a text, a number, true, false or a table")
    #expect(problem("local t = {} t.router = t return t").contains("router holds itself, or lies too deep"))
    #expect(
      problem("return { secrets = { 'a', b = 1 } }").contains("secrets has entries with names and entries without"))
    #expect(problem("return { [true] = 1 }").contains("the table has an entry whose name is no text"))
    #expect(problem("return { budget = { cost = 0/0 } }").contains("budget.cost is not a number that can be used"))
    #expect(problem("return { on_ask = '\\xff' }").contains("on_ask is not a text"))
  }

  @Test(arguments: [
    ("while true do end", "computes for too long"),
    ("local function f() return f() end return f()", "computes for too long"),
    ("local s = 'x' while true do s = s .. s end", "takes too much memory"),
    ("return { a = ('x'):rep(1 << 30) }", "takes too much memory"),
    ("local t = {} for i = 1, 1e9 do t[i] = {} end", "too"),
    ("local t = 'a' for i = 1, 60 do t = { t, t } end return { secrets = t }", "the value is too large"),
    ("return { a = ('x'):rep(1 << 22) }", "the value is too large"),
    ("local function f() return 1 + f() end return f()", "takes too much memory"),
    ("table.sort({3, 2, 1, 5, 4, 9, 7}, function() while true do end end)", "computes for too long"),
  ])
  func whatEatsTheMachineIsStopped(_ text: String, _ word: String) {
    let problem = problem(text)
    #expect(problem.contains(word), "\(problem)")
  }

  @Test func aFunctionOfCThatDoesNotEndIsLeftBehind() {
    var bounds = ConfigChunk.Bounds()
    bounds.milliseconds = 1000
    // Some 2^30 steps of the matcher, which no hook of Lua's can stop.
    let problem = problem("return { a = (('a'):rep(30)):find(('a?'):rep(30) .. ('a'):rep(30)) }", bounds)
    #expect(problem == "/x/config.lua: did not end within 1 seconds")
  }
}
