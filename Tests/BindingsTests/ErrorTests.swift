import LuaBindings
import Testing

@Suite struct ErrorTests {
  func failure(_ host: TestHost, _ source: String) throws -> LuaError {
    do {
      _ = try host.run(source)
    } catch let error as LuaError { return error }
    throw LuaError(message: "nothing was raised")
  }

  @Test func misuse_NamesTheScriptsLine() throws {
    let host = try TestHost()
    #expect(try failure(host, "\n\nfail('no such thing')").message == "test:3: no such thing")
  }

  @Test func theTraceback_CrossesCoroutines() throws {
    let host = try TestHost()
    let error = try failure(
      host,
      """
      local function inner() error("deep") end
      local function outer() coroutine.wrap(function() inner() end)() end
      outer()
      """)
    #expect(error.message.hasSuffix("test:1: deep"))
    #expect(error.traceback.contains("in upvalue 'inner'"))
    #expect(error.traceback.contains("resumed by"))
    #expect(error.traceback.contains("in local 'outer'"))
  }

  @Test func anErrorObject_KeepsItsIdentity() throws {
    let host = try TestHost()
    let error = try failure(host, "e = setmetatable({}, {__tostring = function() return 'mine' end}); error(e)")
    #expect(error.message == "mine")
    #expect(try host.run("return (...) == e", [error.value]) == [true])
    #expect(try failure(host, "error()").message == "(error object is a nil value)")
  }

  @Test func aSyntaxError_IsALoadError() throws {
    let host = try TestHost()
    let error = try failure(host, "x = = 1")
    #expect(error.kind == .load)
    #expect(error.message == "test:1: unexpected symbol near '='")
  }

  @Test func stackOverflowAndErrorsInHandlers_AreErrors() throws {
    let host = try TestHost()
    #expect(try failure(host, "local function f() return 1 + f() end f()").message.contains("stack overflow"))
    #expect(try host.run("return (pcall(string.rep))") == [false])
    #expect(
      try failure(host, "local t = setmetatable({}, {__index = function(t, k) return t[k] end}); return t.x").message
        .contains("overflow"))
  }

  @Test func theMemoryLimit_IsAnErrorThatTheScriptCanCatch() throws {
    let host = try TestHost()
    host.state.limitMemory(to: host.state.memoryUsed + 4 << 20)
    let values = try host.run(
      "local ok, e = pcall(function() local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end end) return ok, e"
    )
    #expect(values == [false, "not enough memory"])
    #expect(try failure(host, "return ('x'):rep(1 << 30)").message == "not enough memory")
    host.state.limitMemory(to: nil)
    #expect(try host.run("return #('x'):rep(1 << 23)") == [.integer(1 << 23)])
  }

  @Test func theInstructionLimit_EndsALoop() throws {
    let host = try TestHost()
    host.state.limitInstructions(to: 1_000_000)
    #expect(try failure(host, "while true do end").message.contains("instruction limit"))
  }
}
