/// Why a job ended as it did. The raw values are the words that scripts, files and the command line show.
public enum JobReason: String, Codable, Sendable, CaseIterable, Hashable {
  case ok
  case exitNonzero = "exit_nonzero"
  /// A signal that we did not send ended its process.
  case signal
  case spawnFailed = "spawn_failed"
  /// A Lua function of a task raised an error.
  case scriptError = "script_error"
  case timeout
  case idleTimeout = "idle_timeout"
  case cancelled
  case failFast = "fail_fast"
  case dependencyFailed = "dependency_failed"
  /// Its `when` was false.
  case condition
  case budget
  case maxTurns = "max_turns"
  case schemaInvalid = "schema_invalid"
  case gateFailed = "gate_failed"
  case outputLimit = "output_limit"
  case memoryLimit = "memory_limit"
  case providerError = "provider_error"
  case noProvider = "no_provider"
  case permissionDenied = "permission_denied"
  case emptyResult = "empty_result"
  case lost
}

extension JobStatus {
  /// The reasons with which a job may end in this status; empty for a status that is no end.
  public var legalReasons: Set<JobReason> {
    switch self {
    case .pending, .queued, .running, .waiting: []
    case .completed: [.ok]
    case .failed:
      [
        .exitNonzero, .signal, .spawnFailed, .scriptError, .budget, .maxTurns, .schemaInvalid, .gateFailed,
        .outputLimit, .memoryLimit, .providerError, .noProvider, .permissionDenied, .emptyResult,
      ]
    case .timedOut: [.timeout, .idleTimeout]
    case .cancelled: [.cancelled, .failFast, .budget]
    case .skipped: [.dependencyFailed, .condition, .failFast, .cancelled, .budget]
    case .lost: [.lost]
    }
  }
}
