import Jobs

/// One attempt of a command: what its copies and their gates have in common.
struct CommandAttempt: Sendable {
  let job: LiveJob
  let work: CommandOrder.Work
  /// Its number, from 1.
  let number: Int
  let control: AttemptControl
  /// Variables that its work gets beside those of the task: results of other tasks.
  var variables: [String: String?] = [:]
  /// When it began.
  let since = MonotonicTime.now

  var id: JobID { job.state.record.id }

  /// What is left of its time limit.
  var timeLeft: Duration? { job.spec.timeout.map { max($0 - MonotonicTime.now.since(since), .zero) } }

  /// One of the copies of its work.
  struct Copy: Sendable {
    let number: HedgeState.Copy
    let output: OutputFile
    /// Where its output begins in the file.
    let start: Int
  }

  /// What a copy came to, gate included.
  struct End: Sendable {
    var outcome: JobOutcome
    /// Whether there was a process.
    let hadWork: Bool
  }
}
