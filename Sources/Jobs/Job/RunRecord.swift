/// How a run stands. The raw values are the words that files and the command line show.
public enum RunStatus: String, Codable, Sendable, CaseIterable, Hashable {
  case running, completed, failed, cancelled
  case timedOut = "timed_out"
  /// Its process died before it could say how it ended.
  case lost

  /// True for every status but `running`.
  public var isTerminal: Bool { self != .running }
}

/// One execution of a script, or of one command from the command line: what owns jobs.
public struct RunRecord: Codable, Sendable, Hashable {
  /// The run's name.
  public let id: RunID
  /// The script's path, or a word such as `-e` or `repl`.
  public var script: String?
  /// The script's arguments.
  public var arguments: [String]
  /// The working directory at the start, as an absolute path.
  public var cwd: String
  /// When it began.
  public var startedAt: Timestamp
  /// When it ended.
  public internal(set) var endedAt: Timestamp?
  /// How it stands.
  public internal(set) var status: RunStatus = .running
  /// The exit code of its process.
  public internal(set) var exitCode: Int?
  /// The process that answers for the run's jobs.
  public let owner: ProcessIdentity

  /// A run that begins now, owned by this process.
  public init(
    id: RunID = .random(), script: String?, arguments: [String] = [], cwd: String, startedAt: Timestamp = .now(),
    owner: ProcessIdentity = .current()
  ) {
    self.id = id
    self.script = script
    self.arguments = arguments
    self.cwd = cwd
    self.startedAt = startedAt
    self.owner = owner
  }

  enum CodingKeys: String, CodingKey {
    case id, script, arguments, cwd, status, owner
    case startedAt = "started_at"
    case endedAt = "ended_at"
    case exitCode = "exit_code"
  }
}
