/// A job's life, as a pure state machine.
///
/// Terms: a job is *live* in `pending`, `queued`, `running` and `waiting`, and *ended* in the six other statuses.
/// Invariants:
/// - An ended job never changes again, so it has exactly one end.
/// - A job is `completed` only out of `running`, and `skipped` only if no attempt of it ever began.
/// - `reason` and `completedAt` are set exactly when the job has ended.
/// - No text comes into the record but through `redaction`.
///
/// ```
///  submitted ─► pending ──queued──► queued ──started──► running ──waiting, retrying──► waiting
///                                     ▲                    ▲                              │
///                                     └──────queued────────┼─────started, resumed─────────┘
///  every live status ──ended──► completed failed timed_out cancelled skipped lost
/// ```
/// Who acts: the engine sends every event but `ended(lost)`, which the registry sends for a job whose owner is gone.
public struct JobState: Sendable, Hashable {
  /// The job as it is now.
  public private(set) var record: JobRecord
  /// What may not be written down: the record never holds it, whatever is submitted or happens.
  public var redaction: Redaction
  private var firstStart: Moment?
  private var attemptStart: Moment?
  private var usageBefore: JobUsage?

  /// Submits a job: `pending` while `isReady` is false, else `queued`.
  public init(submitting draft: JobRecord, isReady: Bool, at moment: Moment, redaction: Redaction = .none) {
    precondition(draft.status == .pending && draft.attempts == 0, "job \(draft.id) is submitted a second time")
    self.redaction = redaction
    record = redaction.record(draft)
    record.createdAt = moment.wall
    if isReady {
      record.status = .queued
      record.queuedAt = moment.wall
    }
  }

  /// Goes on with a live job that another process submitted and can no longer speak for; only `ended(lost)` may follow.
  init(abandoned record: JobRecord) {
    precondition(!record.status.isTerminal, "job \(record.id) has ended")
    self.record = record
    redaction = .none
  }

  /// What the registry is told of the submission. Meaningful before the first event only.
  public var submission: JobChange { JobChange(kind: .submitted, at: record.createdAt, record: record) }

  /// Whether the event is possible where the job stands.
  public func allows(_ event: JobEvent) -> Bool {
    switch (record.status, event) {
    case (.pending, .queued), (.waiting, .queued): true
    case (.queued, .started), (.waiting, .started): true
    case (.running, .waiting), (.running, .retrying), (.waiting, .resumed): true
    case (.running, .progressed), (.waiting, .progressed): true
    case (.running, .assigned), (.waiting, .assigned), (.running, .spent), (.waiting, .spent): true
    case (.waiting, .waiting): true
    case (.pending, .ended(let outcome)), (.queued, .ended(let outcome)), (.running, .ended(let outcome)),
      (.waiting, .ended(let outcome)):
      allows(outcome)
    default: false
    }
  }

  private func allows(_ outcome: JobOutcome) -> Bool {
    switch outcome.status {
    case .completed: record.status == .running
    case .skipped: record.attempts == 0
    case .failed, .timedOut, .cancelled, .lost: true
    case .pending, .queued, .running, .waiting: false
    }
  }

  /// Takes the event in, and returns what the registry is to be told.
  ///
  /// An event that `allows` refuses is a bug of the caller, and ends the program naming the job, its status and the event.
  public mutating func apply(_ event: JobEvent, at moment: Moment) -> JobChange {
    guard allows(event) else {
      preconditionFailure("job \(record.id) is \(record.status.rawValue) and cannot take the event \(event.name)")
    }
    switch redaction.event(event) {
    case .queued:
      record.status = .queued
      record.queuedAt = moment.wall
      record.wait = nil
    case .started(let pid, let pidStarted):
      start(pid: pid, pidStarted: pidStarted, at: moment)
    case .waiting(let wait):
      record.status = .waiting
      record.wait = wait
    case .resumed:
      record.status = .running
      record.wait = nil
    case .assigned(let agent, let model):
      record.agent = agent ?? record.agent
      record.model = model ?? record.model
    case .spent(let usage): record.usage = usage
    case .retrying(let outcome):
      record.status = .waiting
      record.error = outcome.error
      record.usage = outcome.usage ?? record.usage
      note(outcome, at: moment)
    case .progressed(let fraction, let text):
      if let fraction, fraction.isFinite { record.progress = min(max(fraction, 0), 1) }
      if let text { record.progressText = text }
      return JobChange(kind: .progress, at: moment.wall, record: record)
    case .ended(let outcome):
      end(outcome, at: moment)
    }
    return JobChange(kind: .status, at: moment.wall, record: record)
  }

  private mutating func start(pid: Int?, pidStarted: UInt64?, at moment: Moment) {
    record.status = .running
    record.wait = nil
    record.attempts += 1
    record.pid = pid
    record.pidStarted = pidStarted
    record.error = nil
    attemptStart = moment
    usageBefore = record.usage
    if firstStart == nil {
      firstStart = moment
      record.startedAt = moment.wall
    }
  }

  /// Notes how the present attempt ended, unless that was noted before.
  private mutating func note(_ outcome: JobOutcome, at moment: Moment) {
    guard let attemptStart, record.history.last < record.attempts else { return }
    record.history.add(
      AttemptRecord(
        record.attempts, outcome, durationMs: moment.millisecondsSince(attemptStart),
        usage: record.usage?.since(usageBefore)))
  }

  private mutating func end(_ outcome: JobOutcome, at moment: Moment) {
    record.status = outcome.status
    record.wait = nil
    record.reason = outcome.reason
    record.error = outcome.error
    record.exitCode = outcome.exitCode
    record.signal = outcome.signal
    record.data = outcome.data
    record.leaked = outcome.leaked
    record.cancelledBy = outcome.cancelledBy
    record.cancelReason = outcome.cancelReason
    record.usage = outcome.usage ?? record.usage
    record.worktree = outcome.worktree ?? record.worktree
    record.hedged = outcome.hedged
    // One attempt alone is what the record tells of anyway.
    if !record.history.isEmpty { note(outcome, at: moment) }
    record.completedAt = moment.wall
    if let firstStart { record.durationMs = moment.millisecondsSince(firstStart) }
    if let output = outcome.output {
      record.outputStart = output.start
      record.outputEnd = output.end
      record.outputBytes = output.end - output.start
    }
  }
}
