/// A moment of the wall clock in milliseconds since 1970 (UTC). Only what providers say about resets is told by it; waits
/// are measured on a clock that does not jump.
public struct WallTime: Hashable, Sendable, Comparable {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  public let milliseconds: Int64

  /// A moment by its distance from 1970.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// The moment that lies this much later.
  public func adding(_ duration: Duration) -> WallTime {
    let (seconds, attoseconds) = duration.components
    return WallTime(milliseconds: milliseconds + seconds * 1000 + attoseconds / 1_000_000_000_000_000)
  }

  /// The time from `other` to here; negative if that lies later.
  public func since(_ other: WallTime) -> Duration { .milliseconds(milliseconds - other.milliseconds) }

  /// The earlier is the lesser.
  public static func < (left: WallTime, right: WallTime) -> Bool { left.milliseconds < right.milliseconds }

  /// A moment by calendar and clock in UTC; nil for parts out of range. Days are counted as in "days_from_civil" (H. Hinnant).
  static func utc(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int) -> WallTime? {
    guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour),
      (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    return WallTime(milliseconds: Int64(days * 86_400 + hour * 3600 + minute * 60 + second) * 1000)
  }
}
