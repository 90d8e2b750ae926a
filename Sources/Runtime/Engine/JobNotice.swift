internal import Jobs

/// What the engine tells about the jobs of its run: in order for each job, and exactly one terminal record for each.
enum JobNotice: Sendable {
  /// The job is new or its status changed; this is its record now. An end, and all that belongs to it, is durable before it
  /// is told.
  case changed(JobRecord)
  /// Of an ended job something became known that was not when it ended: what became of its work.
  case amended(JobRecord)
  /// The job reported progress.
  case progress(JobRecord)
  /// A group has used up four fifths of its time: one sentence.
  case warning(String)
  /// Something happened on an agent's way through the models.
  case agent(JobRecord, AgentNotice)
  /// No job is started for now, for this reason; nil: some are again.
  case held(String?)
}

/// Which function of a task is called, and why.
enum FunctionCall: Sendable, Hashable {
  /// Its work; the number is the attempt's, from 1.
  case attempt(Int)
  /// Its `when`: it returns whether the task is wanted.
  case condition
  /// Its gate, of a job whose result this would be: `returned` passes, `raised` says why it does not.
  case gate
  /// What becomes of it after its last attempt has failed: `decided`.
  case escalation(EscalationTarget)
  /// A simpler prompt for this attempt, made from the one before, which failed: `returned` with the prompt.
  case simplification(prompt: String, attempt: Int, error: String)
  /// A tool of the script's, for the job's agent; the arguments are JSON. `returned` or `raised` is what the agent gets.
  case tool(name: String, arguments: String)
  /// Whether its agent may do this: `returned` with "allow", "always", "deny" or "end".
  case permission(AgentQuestion)
}

extension FunctionCall {
  /// Whether it is none of the task's own functions.
  var isQuestion: Bool { if case .permission = self { true } else { false } }
}

/// What an agent wants to do that somebody has to allow.
struct AgentQuestion: Sendable, Hashable {
  /// The agent's name.
  var agent: String
  /// The question, one line without control characters.
  var text: String
  /// The run may end until somebody has answered.
  var parks: Bool
}

/// How the function of a task ended.
enum FunctionOutcome: Sendable, Hashable {
  /// It returned: what it said, and a table as JSON text.
  case returned(output: [UInt8], data: String?)
  /// It raised.
  case raised(message: String, traceback: String)
  /// It decided what becomes of a job that has failed.
  case decided(Escalation)
  /// It was cancelled, and has tidied up.
  case cancelled
}
