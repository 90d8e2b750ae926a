public import Jobs

/// How a run shows itself to people. All are optional in effect: a closure may do nothing. None may wait for long.
public struct RunPresentation: Sendable {
  /// A job changed or reported progress. Called on the Lua thread, in order per job.
  public var jobChanged: @Sendable (JobRecord) -> Void
  /// The run tells of itself.
  public var noted: @Sendable (RunNote) -> Void
  /// True when the script waits and nothing of its own is printed; false before its code goes on.
  public var idle: @Sendable (Bool) -> Void
  /// A line for standard error.
  public var say: @Sendable (String) -> Void
  /// Keeps count of the run's jobs.
  public var meter: RunMeter
  /// Where questions are put to whoever sits at the terminal; nil where nobody does.
  public var questions: QuestionWindow?

  /// A presentation; by default lines go to standard error and nothing else is shown.
  public init(
    jobChanged: @escaping @Sendable (JobRecord) -> Void = { _ in },
    noted: @escaping @Sendable (RunNote) -> Void = { _ in }, idle: @escaping @Sendable (Bool) -> Void = { _ in },
    say: @escaping @Sendable (String) -> Void = { StandardError.write($0 + "\n") }, meter: RunMeter = RunMeter(),
    questions: QuestionWindow? = nil
  ) {
    self.jobChanged = jobChanged
    self.noted = noted
    self.idle = idle
    self.say = say
    self.meter = meter
    self.questions = questions
  }
}

/// What a script tells of its run as a whole.
public enum RunNote: Sendable, Hashable {
  /// A part of the work begins.
  case phase(String)
  /// What there is to do.
  case todo([TodoItem])
  /// A person is asked.
  case asked(DecisionRecord)
  /// The question is settled.
  case settled(DecisionRecord)
}
