import WireText

/// Which jobs are wanted. Everything that is set must hold.
public struct JobFilter: Sendable, Hashable {
  /// The order of the answer.
  public enum Order: Sendable, Hashable { case oldestFirst, newestFirst }

  /// Only jobs in one of these statuses; nil for all.
  public var statuses: Set<JobStatus>?
  /// Only jobs that have not ended (true) or have (false).
  public var isLive: Bool?
  /// Only jobs of this run.
  public var run: RunID?
  /// Only jobs of this group.
  public var group: String?
  /// Only jobs that this job's function submitted.
  public var parent: JobID?
  /// Only jobs with all of these labels.
  public var labels: [String: String] = [:]
  /// Only jobs of this phase.
  public var phase: String?
  /// Only jobs about this.
  public var topic: String?
  /// By submission.
  public var order = Order.oldestFirst
  /// At most so many.
  public var limit: Int?
  /// Pass over so many first.
  public var offset = 0

  /// All jobs, oldest first.
  public init() {}

  /// Whether a job is wanted, as far as its own record says: run, order and numbers are not looked at.
  public func takes(_ record: JobRecord) -> Bool {
    statuses?.contains(record.status) != false && isLive.map { $0 != record.status.isTerminal } != false
      && group.map { $0 == record.group } != false && parent.map { $0 == record.parent } != false
      && phase.map { $0 == record.phase } != false && topic.map { $0 == record.topic } != false
      && labels.allSatisfy { record.labels[$0.key] == $0.value }
  }
}

/// What happened to a job, as every process can read it.
public struct EventRecord: Sendable, Hashable {
  /// The kinds of event.
  public enum Kind: Sendable, Hashable {
    /// The job's status or attempt changed.
    case status
    /// It reported progress.
    case progress
    /// Somebody asked its owner to cancel it.
    case cancelRequested
    /// The run began a phase: its name is the text.
    case phase
    /// The run's list of what is to do changed: the text is the list as JSON.
    case todo
    /// A person was asked: the text is the question.
    case asked
    /// A question was settled: the text is the answer, nil if it is not wanted any more.
    case settled
    /// What became of an ended job's worktree is known: the text is what is to be said of it.
    case worktree
    /// One that a later version wrote.
    case other(String)

    init(word: String) {
      self =
        switch word {
        case "status": .status
        case "progress": .progress
        case "cancel_requested": .cancelRequested
        case "phase": .phase
        case "todo": .todo
        case "asked": .asked
        case "settled": .settled
        case "worktree": .worktree
        default: .other(word)
        }
    }

    var word: String {
      switch self {
      case .status: "status"
      case .progress: "progress"
      case .cancelRequested: "cancel_requested"
      case .phase: "phase"
      case .todo: "todo"
      case .asked: "asked"
      case .settled: "settled"
      case .worktree: "worktree"
      case .other(let word): word
      }
    }
  }

  /// Its place in the order of all events of the registry: each event's number is one more than the one before.
  public let sequence: Int64
  /// What kind it is.
  public let kind: Kind
  /// The job; nil for an event of the run as a whole.
  public let job: JobID?
  /// The run.
  public let run: RunID
  /// When it happened.
  public let at: Timestamp
  /// The job's status after it; nil without a job.
  public let status: JobStatus?
  /// Why the job ended, in the one event of its end.
  public let reason: JobReason?
  /// How many attempts had begun.
  public let attempt: Int
  /// The process.
  public let pid: Int?
  /// How far the job was, from 0 to 1.
  public let progress: Double?
  /// What was said of the progress, what went wrong, or why it shall be cancelled.
  public let text: String?

  /// The event as one JSON object on one line.
  public var json: String {
    var writer = JSONWriter(isPretty: false)
    writer.object { writer in
      writer.field("sequence", sequence)
      writer.field("event", kind.word)
      writer.field("job", job?.rawValue)
      writer.field("run", run.rawValue)
      writer.field("at", at)
      writer.field("status", status?.rawValue)
      writer.field("reason", reason?.rawValue)
      if job != nil { writer.field("attempt", attempt) }
      writer.field("pid", pid)
      writer.field("progress", progress)
      writer.field("text", text)
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
