/// Where one attempt's output lies in its file, in bytes of the uncompressed file.
public struct OutputExtent: Sendable, Hashable {
  /// Where the last attempt's output begins.
  public var start: Int
  /// Where it ends.
  public var end: Int

  /// An extent by its two ends.
  public init(start: Int, end: Int) {
    self.start = start
    self.end = end
  }
}

/// How a job ended.
///
/// Made by the functions below, each for one status, which take only reasons that are legal with it.
public struct JobOutcome: Sendable, Hashable {
  /// The final status.
  public let status: JobStatus
  /// Why.
  public let reason: JobReason
  /// One sentence, for all but `completed`.
  public var error: String?
  /// What the process passed to `exit`.
  public var exitCode: Int?
  /// The number of the signal that ended the process.
  public var signal: Int?
  /// Where the output lies; nil when the job never had a file.
  public var output: OutputExtent?
  /// The structured result.
  public var data: JSONText?
  /// How many processes outlived the leader and were ended.
  public var leaked = 0
  /// Who cancelled it, and why, in words.
  public var cancelledBy: String?
  /// Why it was cancelled, in words.
  public var cancelReason: String?
  /// What the models took, in all attempts.
  public var usage: JobUsage?
  /// What became of its worktree; nil for a job without one.
  public var worktree: JobWorktree?
  /// What came of its second copy, if there was one.
  public var hedged: HedgeEnd?

  /// It did what it should.
  public static func completed(exitCode: Int? = nil, data: JSONText? = nil) -> JobOutcome {
    var outcome = JobOutcome(.completed, .ok)
    outcome.exitCode = exitCode
    outcome.data = data
    return outcome
  }

  /// It ran, or could not be started, and the result is no success.
  public static func failed(
    _ reason: JobReason, error: String, exitCode: Int? = nil, signal: Int? = nil, data: JSONText? = nil
  ) -> JobOutcome {
    var outcome = JobOutcome(.failed, reason)
    outcome.error = error
    outcome.exitCode = exitCode
    outcome.signal = signal
    outcome.data = data
    return outcome
  }

  /// It met a limit of time.
  public static func timedOut(_ reason: JobReason = .timeout, error: String) -> JobOutcome {
    var outcome = JobOutcome(.timedOut, reason)
    outcome.error = error
    return outcome
  }

  /// Somebody did not want it any more.
  public static func cancelled(_ reason: JobReason = .cancelled, by: String, why: String) -> JobOutcome {
    var outcome = JobOutcome(.cancelled, reason)
    outcome.cancelledBy = by
    outcome.cancelReason = why
    outcome.error = "cancelled by \(by): \(why)"
    return outcome
  }

  /// It was never started, and will not be.
  public static func skipped(_ reason: JobReason, error: String) -> JobOutcome {
    var outcome = JobOutcome(.skipped, reason)
    outcome.error = error
    return outcome
  }

  /// Nobody knows: its owner died first.
  public static func lost(error: String) -> JobOutcome {
    var outcome = JobOutcome(.lost, .lost)
    outcome.error = error
    return outcome
  }

  private init(_ status: JobStatus, _ reason: JobReason) {
    precondition(
      status.legalReasons.contains(reason),
      "a job cannot end as \(status.rawValue) with the reason \(reason.rawValue)")
    self.status = status
    self.reason = reason
  }
}
