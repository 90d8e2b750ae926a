/// Where a job stands. The raw values are the words that scripts, files and the command line show.
public enum JobStatus: String, Codable, Sendable, CaseIterable, Hashable {
  /// Declared; a dependency has not ended yet.
  case pending
  /// Ready, and waiting for a slot of the pool.
  case queued
  /// Its process or function runs.
  case running
  /// Alive but not working: before a retry, or until a quota opens.
  case waiting
  case completed
  case failed
  case timedOut = "timed_out"
  case cancelled
  case skipped
  /// Its owner died before it could say how the job ended.
  case lost

  /// True for the statuses that are final: a job enters exactly one of them, once.
  public var isTerminal: Bool {
    switch self {
    case .pending, .queued, .running, .waiting: false
    case .completed, .failed, .timedOut, .cancelled, .skipped, .lost: true
    }
  }
}
