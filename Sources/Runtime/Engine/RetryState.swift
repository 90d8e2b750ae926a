/// Whether an attempt that failed is followed by another, as a pure state machine.
struct RetryState: Sendable, Hashable {
  /// What follows the end of an attempt.
  enum Decision: Sendable, Hashable {
    /// The outcome stands.
    case stop
    /// Another attempt follows after this time.
    case again(after: Duration)
  }

  /// How many attempts there may be in all.
  let maxAttempts: Int
  /// The time between two attempts.
  let delay: Duration
  /// How many attempts have ended.
  private(set) var ended = 0

  /// `retries` is the number of attempts after the first; both limits below zero count as zero.
  init(retries: Int, delay: Duration) {
    maxAttempts = max(retries, 0) + 1
    self.delay = max(delay, .zero)
  }

  /// Takes the end of an attempt in. `mayHelp` says whether another attempt could end better: it could not after a cancel,
  /// nor where something is missing that waiting does not bring.
  mutating func attemptEnded(mayHelp: Bool) -> Decision {
    precondition(ended < maxAttempts, "attempt \(ended + 1) ended, and \(maxAttempts) were allowed")
    ended += 1
    return mayHelp && ended < maxAttempts ? .again(after: delay) : .stop
  }
}
