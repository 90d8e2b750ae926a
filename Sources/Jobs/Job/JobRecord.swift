/// Everything that is known of one job, except the text of its output, which stays in its file.
///
/// What the state machine decides (status, times, outcome) can be changed by `JobState` alone; what the submitter decides
/// is set before the job is submitted and never changes after.
public struct JobRecord: Codable, Sendable, Hashable {
  /// The job's name in the registry.
  public let id: JobID
  /// The run that owns the job.
  public let run: RunID
  /// What does the work.
  public let kind: JobKind
  /// A short name for people.
  public var name: String?
  /// What the job is for.
  public var description: String?
  /// The agent that was asked for.
  public var agent: String?
  /// The command as it is shown to people, or the prompt's beginning.
  public var command: String?
  /// The folder that the work runs in, as an absolute path.
  public var cwd: String?
  /// The names of the environment variables that the job changes; their values are not kept.
  public var envNames: [String] = []
  /// How often the work may be tried in all; at least 1.
  public var maxAttempts = 1
  /// The job whose function submitted this one.
  public var parent: JobID?
  /// The group that the job belongs to.
  public var group: String?
  /// The jobs that must end before this one starts.
  public var dependencies: [JobID] = []
  /// Where the script asked for the job, as `deploy.lua:14`.
  public var origin: String?
  /// Free labels of the submitter.
  public var labels: [String: String] = [:]
  /// The part of the run's work that the job belongs to.
  public var phase: String?
  /// What the job is about, for finding it among jobs of other runs.
  public var topic: String?
  /// Which of the jobs that wait gets a slot first, the greater number; nil for a normal one.
  public var priority: Double?
  /// The longest that one attempt may take, in milliseconds.
  public var timeoutMs: Int?
  /// Whether the job was started before it was known to be wanted.
  public var speculative = false
  /// The absolute path of the file that holds the output, whether it exists yet or not.
  public var outputFile: String?
  /// The model that answers, for a job that has one.
  public var model: String?

  /// Where the job stands.
  public internal(set) var status = JobStatus.pending
  /// Why it ended so; nil as long as it lives.
  public internal(set) var reason: JobReason?
  /// One sentence on what went wrong, of the job or of the attempt before.
  public internal(set) var error: String?
  /// What the process passed to `exit`.
  public internal(set) var exitCode: Int?
  /// The number of the signal that ended the process.
  public internal(set) var signal: Int?
  /// The process of the last attempt.
  public internal(set) var pid: Int?
  /// When that process started, in clock ticks since the machine did; tells it from a later one with the same pid.
  public internal(set) var pidStarted: UInt64?
  /// How many attempts have begun.
  public internal(set) var attempts = 0
  /// When the job was submitted.
  public internal(set) var createdAt: Timestamp
  /// When it last became ready to run.
  public internal(set) var queuedAt: Timestamp?
  /// When its first attempt began.
  public internal(set) var startedAt: Timestamp?
  /// When it ended.
  public internal(set) var completedAt: Timestamp?
  /// Milliseconds from the first attempt's beginning to the end, on a monotonic clock; nil if it never began or was lost.
  public internal(set) var durationMs: Int?
  /// Where the last attempt's output begins in the file, in bytes.
  public internal(set) var outputStart: Int?
  /// Where it ends.
  public internal(set) var outputEnd: Int?
  /// How many bytes the last attempt wrote.
  public internal(set) var outputBytes: Int?
  /// The structured result.
  public internal(set) var data: JSONText?
  /// How far the work is, from 0 to 1.
  public internal(set) var progress: Double?
  /// What the work said last about its progress.
  public internal(set) var progressText: String?
  /// For what it waits, while it is `waiting` and that is known.
  public internal(set) var wait: WaitCause?
  /// How many processes outlived the job's leader and were ended.
  public internal(set) var leaked = 0
  /// Who asked for the job to be cancelled.
  public internal(set) var cancelledBy: String?
  /// Why.
  public internal(set) var cancelReason: String?
  /// What the models took.
  public internal(set) var usage: JobUsage?
  /// Its own git worktree, if it has one. The only part that changes after the end: what it did is merged then.
  public internal(set) var worktree: JobWorktree?
  /// How the attempts ended, of a job that had more than one; empty before the first has ended.
  public internal(set) var history = AttemptHistory()
  /// What came of its second copy, if there was one.
  public internal(set) var hedged: HedgeEnd?

  /// A job that is about to be submitted.
  public init(id: JobID, run: RunID, kind: JobKind) {
    self.id = id
    self.run = run
    self.kind = kind
    self.createdAt = Timestamp(milliseconds: 0)
  }

  /// True when the job ended well.
  public var isSuccess: Bool { status == .completed }

  enum CodingKeys: String, CodingKey {
    case id, run, kind, name, description, agent, command, cwd, parent, group, dependencies, origin, labels, model
    case phase, topic, priority, speculative
    case status, reason, error, signal, pid, attempts, data, progress, wait, leaked, usage, worktree
    case history, hedged
    case envNames = "env_names"
    case maxAttempts = "max_attempts"
    case timeoutMs = "timeout_ms"
    case outputFile = "output_file"
    case exitCode = "exit_code"
    case pidStarted = "pid_started"
    case createdAt = "created_at"
    case queuedAt = "queued_at"
    case startedAt = "started_at"
    case completedAt = "completed_at"
    case durationMs = "duration_ms"
    case outputStart = "output_start"
    case outputEnd = "output_end"
    case outputBytes = "output_bytes"
    case progressText = "progress_text"
    case cancelledBy = "cancelled_by"
    case cancelReason = "cancel_reason"
  }
}
