internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What belongs to stopping the program (Ctrl-Z) and going on: its jobs stop with it, and no limit of time counts the pause.
///
/// A job's processes outside of its first one's group go on.
public enum ProcessStop {
  struct Jobs: Sendable {
    let pause: @Sendable () -> Void
    let proceed: @Sendable () -> Void
  }

  /// The jobs of this process's run, once it has any.
  static let jobs = Mutex<Jobs?>(nil)

  /// To be called before the process stops.
  public static func willStop() {
    MonotonicTime.stopClock()
    jobs.withLock { $0 }?.pause()
  }

  /// To be called when it goes on.
  public static func hasContinued() {
    MonotonicTime.startClock()
    jobs.withLock { $0 }?.proceed()
  }

  /// Stops this process as the terminal's key does by itself; returns when it goes on. Where nobody could wake it (nobody
  /// above it in its session) the system lets it go on at once.
  static func stop() {
    willStop()
    var before = sigaction()
    var usual = sigaction()
    #if canImport(Glibc)
      usual.__sigaction_handler.sa_handler = SIG_DFL
    #else
      usual.__sigaction_u.__sa_handler = SIG_DFL
    #endif
    sigaction(SIGTSTP, &usual, &before)
    // To this thread, so that the process has stopped and gone on when the call returns.
    raise(SIGTSTP)
    sigaction(SIGTSTP, &before, nil)
    hasContinued()
  }
}
