internal import CLua

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension LuaState {
  /// The most bytes that Lua's values may take, or nil for no limit. Holds only while Lua code runs; a script that hits
  /// it gets Lua's own "not enough memory".
  public func limitMemory(to bytes: Int?) { host.pointee.memory_limit = bytes.map { $0 } ?? Int.max }

  /// The most bytes that one value may have on its way out of Lua, or nil for no limit. A small table can be in a large one
  /// very often, and each time is a copy.
  public func limitCrossings(to bytes: Int?) { host.pointee.crossing_limit = bytes.map { $0 } ?? Int.max }

  /// Bytes that Lua's values take now.
  public var memoryUsed: Int { host.pointee.memory_used }

  /// Ends the script after about this many instructions. Costs about half of Lua's speed: a hook then stands.
  public func limitInstructions(to count: Int64) { clua_limit_instructions(host, count) }

  /// Makes the calling thread the one whose Lua code `LuaInterrupt.send` stops, and returns the means to.
  public func bindToThread() -> LuaInterrupt {
    clua_interrupt_install(LuaInterrupt.signal, host)
    return LuaInterrupt(thread: pthread_self())
  }
}

/// Stops the Lua code of one thread for a moment, from any thread, to ask `LuaHandlers.interrupted`.
///
/// It costs nothing until it is sent. Code inside a C function (a pattern match, say) is stopped only when that returns.
/// The thread must be alive.
public struct LuaInterrupt: @unchecked Sendable {
  // SIGURG is ignored by default, so that one too many does no harm, and nothing else of ours uses it.
  static let signal = SIGURG
  // Sendable is true of a thread's name: pthread_kill may be called with it from anywhere.
  let thread: pthread_t

  /// Sends the interruption.
  public func send() { _ = pthread_kill(thread, LuaInterrupt.signal) }
}
