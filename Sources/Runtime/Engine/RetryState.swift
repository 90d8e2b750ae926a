/// Whether an attempt that failed is followed by another, as a pure state machine.
struct RetryState: Sendable, Hashable {
  /// What follows the end of an attempt.
  enum Decision: Sendable, Hashable {
    /// The outcome stands.
    case stop
    /// Another attempt follows after this time.
    case again(after: Duration)
  }

  /// The longest pause that a growing delay comes to, where nothing else is said.
  static let longestGrownDelay = Duration.seconds(3600)

  /// How many attempts there may be in all.
  private(set) var maxAttempts: Int
  /// The time before the second attempt.
  let delay: Duration
  /// What the time is multiplied with before each further one.
  let backoff: Double
  /// What the time never exceeds.
  let maxDelay: Duration
  /// How many attempts have ended.
  private(set) var ended = 0

  /// `retries` is the number of attempts after the first; limits below zero count as zero, a `backoff` below one as one.
  init(retries: Int, delay: Duration, backoff: Double = 1, maxDelay: Duration? = nil) {
    maxAttempts = max(retries, 0) + 1
    self.delay = max(delay, .zero)
    self.backoff = backoff.isFinite ? max(backoff, 1) : 1
    self.maxDelay = max(maxDelay ?? max(delay, RetryState.longestGrownDelay), .zero)
  }

  /// Takes the end of an attempt in. `mayHelp` says whether another attempt could end better: it could not after a cancel,
  /// nor where something is missing that waiting does not bring.
  mutating func attemptEnded(mayHelp: Bool) -> Decision {
    precondition(ended < maxAttempts, "attempt \(ended + 1) ended, and \(maxAttempts) were allowed")
    ended += 1
    return mayHelp && ended < maxAttempts ? .again(after: pause) : .stop
  }

  /// Allows one attempt more than those that have ended.
  mutating func allowOneMore() { maxAttempts = max(maxAttempts, ended + 1) }

  /// The time before the next attempt.
  private var pause: Duration {
    guard backoff > 1 else { return min(delay, maxDelay) }
    var pause = delay
    for _ in 1..<max(ended, 1) {
      // Checked at each step: what grows without bound cannot be represented at last.
      if pause >= maxDelay || pause == .zero { break }
      pause = pause * backoff
    }
    return min(pause, maxDelay)
  }
}
