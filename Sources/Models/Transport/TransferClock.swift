/// When the limits of time of one transfer are reached. Pure: times are nanoseconds of a clock that does not go back.
///
/// A transfer *connects*, then *awaits* the head, then *receives* the body. That it has connected is not told, only found when
/// somebody looks: so as not to be late for the limit that counts from there, somebody must look that often while it connects.
struct TransferClock {
  enum Phase: Equatable {
    /// Still so when that was last looked at.
    case connecting(seen: Int64)
    /// The connection stood, or something was last sent, at that time.
    case awaiting(since: Int64)
    /// The last piece came at that time.
    case receiving(since: Int64)
    /// The reader lags behind.
    case held
  }

  private let limits: HTTPLimits
  private let start: Int64
  private(set) var phase: Phase

  init(limits: HTTPLimits, start: Int64) {
    self.limits = limits
    self.start = start
    phase = .connecting(seen: start)
  }

  mutating func connected(at time: Int64) {
    if case .connecting = phase { phase = .awaiting(since: time) }
  }

  mutating func connecting(at time: Int64) {
    if case .connecting = phase { phase = .connecting(seen: time) }
  }

  mutating func sent(at time: Int64) {
    if case .awaiting = phase { phase = .awaiting(since: time) }
  }

  mutating func received(at time: Int64) { phase = .receiving(since: time) }

  mutating func held() { phase = .held }

  /// When a limit is reached if nothing happens before, and which.
  var next: (time: Int64, limit: HTTPError.Limit) {
    let total = TransferClock.sum(start, limits.total)
    let other: (time: Int64, limit: HTTPError.Limit) =
      switch phase {
      case .connecting: (TransferClock.sum(start, limits.connect), .connect)
      case .awaiting(let since): (TransferClock.sum(since, limits.firstByte), .firstByte)
      case .receiving(let since): (TransferClock.sum(since, limits.idle), .idle)
      case .held: (total, .total)
      }
    return other.time < total ? other : (total, .total)
  }

  /// When to look again: a limit may be reached then, but none before.
  var nextLook: Int64 {
    guard case .connecting(let seen) = phase else { return next.time }
    return min(next.time, TransferClock.sum(seen, limits.firstByte))
  }

  /// How long a limit is, as messages say it.
  func length(of limit: HTTPError.Limit) -> String {
    let duration =
      switch limit {
      case .connect: limits.connect
      case .firstByte: limits.firstByte
      case .idle: limits.idle
      case .total: limits.total
      }
    return TransferClock.text(duration)
  }

  static func text(_ duration: Duration) -> String {
    let milliseconds = duration / .milliseconds(1)
    guard milliseconds >= 1000 else { return "\(Int(milliseconds.rounded())) ms" }
    let seconds = (milliseconds / 100).rounded() / 10
    return seconds == seconds.rounded() ? "\(Int(min(seconds, 1e15))) s" : "\(seconds) s"
  }

  private static func sum(_ time: Int64, _ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? time : .max }
    let (sum, overflow2) = time.addingReportingOverflow(scaled)
    if overflow2 { return .max }
    let (all, overflow3) = sum.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflow3 ? .max : all
  }
}
