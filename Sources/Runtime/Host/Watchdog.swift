internal import CProcess
internal import LuaBindings

/// Stops Lua code that runs past a deadline, so that the host can look whether the code has to end: while Lua runs, the
/// host's own timers stand still. Its thread starts at the first deadline and sleeps while Lua rests.
final class Watchdog: @unchecked Sendable {
  // Sendable: all state is under the lock of `change`.
  private let change = MonotonicCondition()
  private var interrupt: LuaInterrupt?
  private var deadline: MonotonicTime?
  /// What the thread sleeps for; it needs no wake-up for anything later.
  private var sleepsUntil: MonotonicTime?
  private var hasThread = false
  private var isStopped = false
  /// How long Lua code goes on before it is stopped once more.
  private static let interval = Duration.milliseconds(10)

  func bind(_ interrupt: LuaInterrupt) { change.locked { self.interrupt = interrupt } }

  /// Lua code begins to run, or goes on: it is stopped at the deadline.
  func watch(until deadline: MonotonicTime) {
    change.locked {
      self.deadline = deadline
      if !hasThread { start() }
      if let sleepsUntil, sleepsUntil <= deadline { return }
      change.signal()
    }
  }

  /// Lua code rests.
  func rest() { change.locked { deadline = nil } }

  /// Ends the thread; it no longer touches the Lua thread when this returns.
  func stop() {
    change.locked {
      isStopped = true
      interrupt = nil
      change.signal()
    }
  }

  private func start() {
    hasThread = true
    let context = Unmanaged.passRetained(self).toOpaque()
    let status = cprocess_start_thread(
      { context in Unmanaged<Watchdog>.fromOpaque(context!).takeRetainedValue().loop() }, context)
    // Without the thread, only the script's own waits end its tasks; the next deadline tries again.
    if status != 0 {
      Unmanaged<Watchdog>.fromOpaque(context).release()
      hasThread = false
    }
  }

  private func loop() {
    change.locked {
      while !isStopped {
        guard let deadline else {
          sleepsUntil = nil
          change.wait(until: nil)
          continue
        }
        let now = MonotonicTime.now
        if now < deadline {
          sleep(until: deadline)
        } else {
          interrupt?.send()
          sleep(until: now.advanced(by: Watchdog.interval))
        }
      }
    }
  }

  private func sleep(until time: MonotonicTime) {
    sleepsUntil = time
    change.wait(until: time)
    sleepsUntil = nil
  }
}
