/// Who decides what becomes of a job whose attempts have all failed.
enum EscalationTarget: Sendable, Hashable {
  /// A function of the script.
  case function
  /// Whoever sits before the terminal, or answers elsewhere.
  case person
}

/// What was decided of a job whose attempts have all failed.
enum Escalation: Sendable, Hashable {
  /// One attempt more.
  case retry
  /// One attempt more, with other work.
  case replace(Replacement)
  /// This is the result, and a good one.
  case accept(output: [UInt8], data: String?)
  /// The failure stands.
  case stand
  /// Nothing was decided, so the failure stands: why, in one sentence.
  case undecided(String)

  /// What is to be done instead; what is nil stays as it was.
  struct Replacement: Sendable, Hashable {
    var work: TaskSpec.Work
    var cwd: String?
    var environment: [String: String?]?
    var stdin: TaskSpec.StandardInput?
    var timeout: Duration?
    var agent: String?

    /// The task with this put into it.
    func applied(to spec: TaskSpec) -> TaskSpec {
      var spec = spec
      spec.work = work
      if let cwd { spec.cwd = cwd }
      if let environment { spec.environment.merge(environment) { $1 } }
      if let stdin { spec.stdin = stdin }
      if let timeout { spec.timeout = timeout }
      if let agent { spec.agent = agent }
      return spec
    }
  }

  /// How often a job may be given another attempt in this way.
  static let most = 100
}
