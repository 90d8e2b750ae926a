import Clocks
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A point on the clock that never goes back, in nanoseconds.
struct MonotonicTime: Comparable, Hashable, Sendable {
  var nanoseconds: Int64

  /// The present, less the time for which this process has been stopped.
  static var now: MonotonicTime { StoppedTime.shared.time(at: hardware) }

  /// The system's clock, which goes on while we are stopped, and stands still while the machine sleeps.
  fileprivate static var hardware: Int64 {
    var time = timespec()
    // On Linux the monotonic clock does not count the time of a suspended machine; on Darwin CLOCK_UPTIME_RAW is that one.
    #if canImport(Darwin)
      clock_gettime(CLOCK_UPTIME_RAW, &time)
    #else
      clock_gettime(CLOCK_MONOTONIC, &time)
    #endif
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  static func < (a: MonotonicTime, b: MonotonicTime) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Later by a duration; the far future if that does not fit.
  func advanced(by duration: Duration) -> MonotonicTime {
    let (seconds, attoseconds) = duration.components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow2) = nanoseconds.addingReportingOverflow(scaled)
    if overflow || overflow2 { return MonotonicTime(nanoseconds: .max) }
    let (total, overflow3) = sum.addingReportingOverflow(attoseconds / 1_000_000_000)
    return MonotonicTime(nanoseconds: overflow3 ? .max : total)
  }
}

extension MonotonicTime {
  /// How long ago `earlier` was.
  func since(_ earlier: MonotonicTime) -> Duration { .nanoseconds(nanoseconds - earlier.nanoseconds) }

  /// Sleeps that long, not counting the time for which this process is stopped or the machine sleeps. Throws when the
  /// task is cancelled.
  static func sleep(for duration: Duration) async throws {
    let deadline = now.advanced(by: duration)
    while true {
      let left = deadline.nanoseconds - now.nanoseconds
      if left <= 0 { return }
      try await Task.pause(for: .nanoseconds(left))
    }
  }

  /// The clock stands still from here on, because the process is about to be stopped.
  static func stopClock() { StoppedTime.shared.stop(at: hardware) }

  /// The clock goes on where it stood.
  static func startClock() { StoppedTime.shared.start(at: hardware) }
}

/// For how long this process has been stopped (Ctrl-Z) so far: limits of time do not count that.
private final class StoppedTime: Sendable {
  static let shared = StoppedTime()

  private let total = Atomic<Int64>(0)
  /// When it was stopped, while it is; else 0.
  private let since = Atomic<Int64>(0)

  func time(at hardware: Int64) -> MonotonicTime {
    let since = since.load(ordering: .acquiring)
    return MonotonicTime(nanoseconds: (since == 0 ? hardware : since) - total.load(ordering: .acquiring))
  }

  func stop(at hardware: Int64) {
    _ = since.compareExchange(expected: 0, desired: hardware, ordering: .acquiringAndReleasing)
  }

  func start(at hardware: Int64) {
    let stopped = since.load(ordering: .acquiring)
    guard stopped != 0 else { return }
    // In this order: between the two the clock may stand behind, and never runs ahead.
    total.add(hardware - stopped, ordering: .acquiringAndReleasing)
    since.store(0, ordering: .releasing)
  }
}
