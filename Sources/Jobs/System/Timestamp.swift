#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A moment of the wall clock, in whole milliseconds since 1970 in UTC.
///
/// For people and records only. Durations come from `Moment`, because wall clocks jump.
public struct Timestamp: Hashable, Sendable, Comparable {
  /// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
  public let milliseconds: Int64

  /// A moment by its distance from 1970.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// What the system's clock says.
  public static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// The earlier of two is the lesser.
  public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.milliseconds < rhs.milliseconds }
}

/// One instant on both clocks: the wall clock for the record, the monotonic one for durations.
public struct Moment: Hashable, Sendable {
  /// What the wall clock says.
  public let wall: Timestamp
  /// Nanoseconds on a clock that only goes forward; it means nothing outside this process.
  public let monotonic: UInt64

  /// Both clocks as given.
  public init(wall: Timestamp, monotonic: UInt64) {
    self.wall = wall
    self.monotonic = monotonic
  }

  /// Both clocks now.
  public static func now() -> Moment {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let nanoseconds = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    return Moment(wall: .now(), monotonic: nanoseconds)
  }

  /// Whole milliseconds from `earlier` to here on the monotonic clock; zero when `earlier` is later.
  public func millisecondsSince(_ earlier: Moment) -> Int {
    monotonic > earlier.monotonic ? Int((monotonic - earlier.monotonic) / 1_000_000) : 0
  }
}
