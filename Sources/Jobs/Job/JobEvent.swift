/// What can happen to a job after it was submitted.
public enum JobEvent: Sendable, Hashable {
  /// Its dependencies have ended, or its delay before a retry has: it wants a slot.
  case queued
  /// An attempt began. A function has no process.
  case started(pid: Int?, pidStarted: UInt64?)
  /// It lives, but does not work until something outside happens; nil if there is no more to say about that.
  case waiting(WaitCause?)
  /// It works again.
  case resumed
  /// An attempt ended so, and another will follow, or somebody decides whether one will.
  case retrying(JobOutcome)
  /// It was found out who does the work: the agent, the model, or both; nil leaves what is known.
  case assigned(agent: String?, model: String?)
  /// This is what its models have taken by now, in all attempts.
  case spent(JobUsage)
  /// It told how far it is, from 0 to 1, or what it is doing.
  case progressed(fraction: Double?, text: String?)
  /// It is over.
  case ended(JobOutcome)

  /// The event's word, without what it carries.
  public var name: String {
    switch self {
    case .queued: "queued"
    case .started: "started"
    case .waiting: "waiting"
    case .resumed: "resumed"
    case .retrying: "retrying"
    case .assigned: "assigned"
    case .spent: "spent"
    case .progressed: "progressed"
    case .ended(let outcome): "ended(\(outcome.status.rawValue))"
    }
  }
}

/// One step of a job, as the registry takes it: what kind of step, and the whole record after it.
public struct JobChange: Sendable, Hashable {
  /// The kinds of step.
  public enum Kind: Sendable, Hashable {
    /// The job is new.
    case submitted
    /// Its status or its attempt changed.
    case status
    /// Its progress changed, and nothing else.
    case progress
  }

  /// What kind of step it was.
  public let kind: Kind
  /// When it happened.
  public let at: Timestamp
  /// The record after the step.
  public let record: JobRecord
}
