import LuaBindings
import Testing

@Suite struct CoroutineTests {
  /// Places from which a wait must be possible; each returns what the wait was answered with.
  static let places = [
    "return pause()",
    "return select(2, pcall(pause))",
    "return select(2, xpcall(pause, debug.traceback))",
    "return coroutine.wrap(function() return pause() end)()",
    "return select(2, coroutine.resume(coroutine.create(function() return (pcall(error)) or pause() end)))",
    "return coroutine.wrap(function() coroutine.yield(coroutine.wrap(function() return pause() end)()) end)()",
    "return setmetatable({}, {__index = function() return pause() end}).x",
    "return setmetatable({}, {__add = function() return pause() end}) + 1",
    "for v in function() return pause() end do return v end",
    "local r; do local c <close> = setmetatable({}, {__close = function() r = pause() end}) end return r",
    "local r; pcall(function() local c <close> = setmetatable({}, {__close = function() r = pause() end}) error('x') end) return r",
    "package.preload.slow = function() return pause() end; return (require 'slow')",
    "local t = setmetatable({}, {__pairs = function() return pause() end}); return (pairs(t))",
  ]

  @Test(arguments: places) func aWait_PassesThrough(_ source: String) throws {
    let host = try TestHost()
    let task = try host.task(source)
    guard case .waiting = host.state.resume(task) else { throw LuaError(message: "did not wait: \(source)") }
    #expect(task.isSuspended)
    host.answers = [.values([99])]
    guard case .finished(let values) = host.state.resume(task) else {
      throw LuaError(message: "did not end: \(source)")
    }
    #expect(values == [99])
  }

  @Test func aGenerator_WaitsAndYieldsInTurn() throws {
    let host = try TestHost()
    host.answers = [.values([10]), .values([20]), .values([30])]
    let values = try host.run(
      """
      local sum = 0
      for v in coroutine.wrap(function() for _ = 1, 3 do coroutine.yield(pause()) end end) do sum = sum + v end
      return sum
      """)
    #expect(values == [60])
  }

  @Test func aWaitingCoroutine_CannotBeResumedOrClosedByAnother() throws {
    let host = try TestHost()
    let waiter = try host.task(
      "co = coroutine.create(function() pause() end); coroutine.resume(co); return coroutine.status(co)")
    _ = host.state.resume(waiter)
    let values = try host.run(
      "return coroutine.status(co), select(2, coroutine.resume(co)), select(2, pcall(coroutine.close, co))")
    #expect(values == ["normal", "cannot resume non-suspended coroutine", "cannot close a normal coroutine"])
    guard case .finished(["dead"]) = host.state.resume(waiter) else { throw LuaError(message: "not ended") }
  }

  @Test func theRoot_PosesAsTheMainThread() throws {
    let host = try TestHost()
    let values = try host.run(
      """
      local co, main = coroutine.running()
      return main, coroutine.isyieldable(), select(2, pcall(coroutine.yield)), coroutine.status(co), coroutine.isyieldable(co)
      """)
    #expect(values == [true, false, "attempt to yield from outside a coroutine", "running", false])
  }

  @Test(arguments: [
    (
      "table.sort({3, 2, 1}, function(a, b) pause() return a < b end)",
      "pause() cannot wait inside table.sort's comparator"
    ),
    ("string.gsub('x', 'x', function() pause() end)", "pause() cannot wait inside string.gsub's replacement function"),
    (
      "table.sort({3, 2, 1}, coroutine.wrap(function() pause() end))",
      "pause() cannot wait inside table.sort's comparator"
    ),
    (
      "print(setmetatable({}, {__tostring = function() pause() end}))",
      "pause() cannot wait inside a __tostring metamethod"
    ),
    ("load(function() pause() end)", ""),
  ])
  func whereLuaCannotYield_TheErrorNamesThePlace(_ source: String, _ message: String) throws {
    let host = try TestHost()
    let values = try host.run("local ok, e = pcall(function() \(source) end) return e")
    #expect(message.isEmpty || values[0].text?.hasSuffix(message) == true, "\(values)")
    #expect(message.isEmpty || values[0].text?.hasPrefix("test:1: ") == true, "\(values)")
  }
}
