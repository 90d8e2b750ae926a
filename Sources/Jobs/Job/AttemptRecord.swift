import WireText

/// How one attempt of a job ended.
public struct AttemptRecord: Codable, Sendable, Hashable {
  /// Its number, from 1.
  public let attempt: Int
  /// Why it ended so.
  public let reason: JobReason
  /// One sentence on what went wrong; nil if it ended well.
  public let error: String?
  /// What its process passed to `exit`.
  public let exitCode: Int?
  /// The number of the signal that ended its process.
  public let signal: Int?
  /// How long it took, in milliseconds.
  public let durationMs: Int
  /// What its models took; nil for nothing.
  public let usage: JobUsage?

  /// An attempt by its number, its end, its time and its price.
  init(_ attempt: Int, _ outcome: JobOutcome, durationMs: Int, usage: JobUsage?) {
    self.attempt = attempt
    reason = outcome.reason
    error = outcome.error
    exitCode = outcome.exitCode
    signal = outcome.signal
    self.durationMs = durationMs
    self.usage = usage
  }

  enum CodingKeys: String, CodingKey {
    case attempt, reason, error, signal, usage
    case exitCode = "exit_code"
    case durationMs = "duration_ms"
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.field("attempt", attempt)
      writer.field("reason", reason.rawValue)
      writer.field("error", error)
      writer.field("exit_code", exitCode)
      writer.field("signal", signal)
      writer.field("duration_ms", durationMs)
      if let usage {
        writer.key("usage")
        usage.write(to: &writer)
      }
    }
  }
}

/// What became of the attempts of a job that had more than one, in their order: of very many the first and the last.
public struct AttemptHistory: Codable, Sendable, Hashable {
  /// How many of the first are kept, and how many of the last.
  private static let kept = (first: 10, last: 40)

  /// The attempts. Gaps in their numbers show that some were left out.
  public private(set) var attempts: [AttemptRecord] = []

  /// No attempts.
  public init() {}

  /// Whether there are none.
  public var isEmpty: Bool { attempts.isEmpty }

  /// The number of the last.
  var last: Int { attempts.last?.attempt ?? 0 }

  mutating func add(_ attempt: AttemptRecord) {
    attempts.append(attempt)
    if attempts.count > AttemptHistory.kept.first + AttemptHistory.kept.last {
      attempts.remove(at: AttemptHistory.kept.first)
    }
  }

  /// As JSON: a list.
  public init(from decoder: any Decoder) throws {
    attempts = try decoder.singleValueContainer().decode([AttemptRecord].self)
  }

  /// As JSON: a list.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(attempts)
  }

  func write(to writer: inout JSONWriter) {
    writer.array { writer in for attempt in attempts { attempt.write(to: &writer) } }
  }
}

/// What came of the second copy of a slow command.
public enum HedgeEnd: String, Codable, Sendable, CaseIterable, Hashable {
  /// Its result is the job's.
  case won
  /// It was started, and the first copy's result is the job's.
  case lost
}
