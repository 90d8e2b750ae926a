internal import LuaBindings
internal import Synchronization

/// How other threads reach the Lua thread.
final class HostGate: Sendable {
  let mailbox = Mailbox<HostMessage>()
  /// Lua code runs now.
  let isBusy = Atomic(false)
  /// The prompt waits for a line: Ctrl-C is for the line then.
  let isPrompting = Atomic(false)
  /// How often Ctrl-C was pressed since the script began, or since the prompt read its last line.
  let interrupts = Atomic(0)
  private let interrupt = Mutex<LuaInterrupt?>(nil)

  /// When the Lua thread last showed that it can be reached: between two resumes, or by its hook. Nanoseconds.
  private let lastSign = Atomic<Int64>(0)

  /// Said by the Lua thread.
  func showLife() { lastSign.store(MonotonicTime.now.nanoseconds, ordering: .relaxed) }

  /// True if Lua code runs and has not answered for this long, though it was nudged: it is inside a C function.
  func isStuck(for duration: Duration) -> Bool {
    guard isBusy.load(ordering: .relaxed) else { return false }
    let sign = MonotonicTime(nanoseconds: lastSign.load(ordering: .relaxed))
    return sign.advanced(by: duration) < MonotonicTime.now
  }

  /// Ends all processes of the run at once, from any thread, and records the run's end with this exit code.
  let killSwitch = Mutex<(@Sendable (Int32) -> Void)?>(nil)

  func bind(_ interrupt: LuaInterrupt) { self.interrupt.withLock { $0 = interrupt } }

  func post(_ message: HostMessage) { mailbox.post(message) }

  /// Posts, and stops the Lua code that runs so that it is read now.
  func postUrgently(_ message: HostMessage) {
    mailbox.post(message)
    if isBusy.load(ordering: .relaxed) { nudge() }
  }

  /// Stops the Lua code that runs, so that the host looks at its messages and timers.
  func nudge() { interrupt.withLock { $0?.send() } }

  /// Nobody is reached any more.
  func close() {
    interrupt.withLock { $0 = nil }
    mailbox.close()
  }
}
