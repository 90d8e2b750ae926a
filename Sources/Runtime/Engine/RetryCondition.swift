internal import Jobs

/// A failure that another attempt is made after.
enum RetryCondition: Sendable, Hashable {
  case reason(JobReason)
  /// A command's exit code.
  case exitCode(Int)

  /// The reasons that an attempt may fail with: what a `retry_on` may name.
  static let reasons: [JobReason] = JobReason.allCases.filter { reason in
    let ends = JobStatus.failed.legalReasons.union(JobStatus.timedOut.legalReasons)
    return ends.contains(reason) && reason != .budget
  }

  /// Whether an attempt has failed in this way.
  func isMet(by outcome: JobOutcome) -> Bool {
    switch self {
    case .reason(let reason): outcome.reason == reason
    case .exitCode(let code): outcome.reason == .exitNonzero && outcome.exitCode == code
    }
  }
}

extension TaskSpec {
  /// Whether another attempt could end better than one that ended so. `hadWork`: what was to be done has begun; where the
  /// spec says nothing, what could not even begin is not tried again.
  func mayRetry(after outcome: JobOutcome, hadWork: Bool) -> Bool {
    guard outcome.status == .failed || outcome.status == .timedOut else { return false }
    guard let retryOn else { return hadWork }
    return retryOn.contains { $0.isMet(by: outcome) }
  }
}
