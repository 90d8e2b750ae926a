import LuaBindings
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct CancellationTests {
  /// Resumes the task, whose wait is answered by the cancellation, to its end.
  func cancel(_ source: String) throws -> (TestHost, Resumption) {
    let host = try TestHost()
    let task = try host.task(source)
    _ = host.state.resume(task)
    host.answers = [.cancel]
    var end = host.state.resume(task)
    while case .waiting = end { end = host.state.resume(task) }
    return (host, end)
  }

  @Test(arguments: [
    "pause()", "pcall(pause)", "xpcall(pause, function(e) return 'mine' end)",
    "coroutine.wrap(function() pcall(pause) end)()", "coroutine.resume(coroutine.create(pause))",
    "pcall(pcall, pcall, pause)", "while true do pcall(pause) end",
    "local ok, e = pcall(function() local ok, e = pcall(pause); error('other') end)",
  ])
  func noPcall_KeepsACancellation(_ source: String) throws {
    let (host, end) = try cancel(source + "; survived = true")
    guard case .cancelled = end else { throw LuaError(message: "ended otherwise: \(end)") }
    #expect(try host.run("return survived") == [.nil])
  }

  @Test func toBeClosedVariables_RunWaitAndUsePcall() throws {
    let (host, end) = try cancel(
      """
      local c <close> = setmetatable({}, {__close = function()
        local ok, e = pcall(error, "own")
        closed = {ok, e, pause and "can wait"}
        pause()
        closed[4] = "after the wait"
      end})
      pause()
      """)
    guard case .cancelled = end else { throw LuaError(message: "ended otherwise: \(end)") }
    #expect(try host.run("return table.unpack(closed)") == [false, "own", "can wait", "after the wait"])
  }

  @Test(arguments: [
    "while true do end", "while true do pcall(function() while true do end end) end",
    "coroutine.wrap(function() while true do end end)()",
    "local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
    "repeat local ok = pcall(error) until false",
  ])
  func aSpinningScript_IsInterrupted(_ source: String) throws {
    let host = try TestHost()
    host.interruption = .cancel
    let interrupt = host.state.bindToThread()

    let finished = try withInterrupter(interrupt) { host.state.resume(try host.task(source)) }
    guard case .cancelled = finished else { throw LuaError(message: "ended otherwise: \(finished)") }
  }

  @Test func anInterruptThatAnswersNothing_LetsTheScriptGoOn() throws {
    let host = try TestHost()
    let interrupt = host.state.bindToThread()

    let end = try withInterrupter(interrupt) {
      host.state.resume(
        try host.task(
          "debug.sethook(function() hooked = true end, 'l'); local n = 0 for i = 1, 3e6 do n = n + 1 end\nreturn n, debug.gethook() ~= nil"
        ))
    }
    guard case .finished(let values) = end else { throw LuaError(message: "ended otherwise: \(end)") }
    #expect(values == [.integer(3_000_000), true])
  }

  /// Runs `body` while another thread interrupts this one every few milliseconds.
  func withInterrupter<R>(_ interrupt: LuaInterrupt, _ body: () throws -> R) rethrows -> R {
    let flag = Flag()
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(Interrupter(interrupt: interrupt, flag: flag)).toOpaque()
    pthread_create(
      &thread, nil,
      { context in
        let interrupter = Unmanaged<Interrupter>.fromOpaque(context!).takeRetainedValue()
        while !interrupter.flag.isSet.load(ordering: .relaxed) {
          usleep(3000)
          interrupter.interrupt.send()
        }
        return nil
      }, argument)
    defer {
      flag.isSet.store(true, ordering: .relaxed)
      pthread_join(thread, nil)
    }
    return try body()
  }

  final class Flag: Sendable { let isSet = Atomic(false) }
  final class Interrupter: Sendable {
    let interrupt: LuaInterrupt
    let flag: Flag
    init(interrupt: LuaInterrupt, flag: Flag) {
      self.interrupt = interrupt
      self.flag = flag
    }
  }
}
