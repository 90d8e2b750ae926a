internal import CProcess

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A process that was found by looking, and is not our child: its number may become another's at any moment.
struct FoundProcess: Sendable, Hashable {
  let pid: pid_t
  /// When it started, as `ProcFiles.status` has it.
  let startTime: UInt64

  /// Sends signals to this very process, and to no later one of the same number. On a system without descriptors for
  /// processes, to the group that it leads.
  func signal(_ signals: [Int32]) {
    #if os(Linux)
      let handle = cprocess_open(pid)
      guard handle >= 0 else { return }
      // The descriptor names one process for good: if that is still the one that was found, it cannot become another.
      if ProcFiles.status(of: pid)?.startTime == startTime {
        for signal in signals { _ = cprocess_signal(handle, signal) }
      }
      close(handle)
    #else
      for signal in signals { kill(-pid, signal) }
    #endif
  }
}
