internal import Jobs
internal import LuaBindings
internal import Synchronization

/// What other threads tell the thread that runs Lua.
enum HostMessage: Sendable {
  /// A job of this run changed.
  case job(JobNotice)
  /// A function of a job is to run; its end goes to the ticket.
  case runFunction(JobRecord, FunctionCall, FunctionTicket)
  /// The job whose function runs under this ticket is to end.
  case cancelFunction(FunctionTicket, reason: String)
  /// What a task waited for outside of Lua: the work makes the results, on the Lua thread.
  case answer(UInt64, HostWork)
  /// Ctrl-C: an error "interrupted!" in what runs.
  case interrupt
  /// The run is to end: by whom or what, and the exit code.
  case terminate(reason: String, exitCode: Int32)
  /// Runs on the Lua thread between two resumes.
  case perform(@Sendable (ScriptHost) -> Void)
}

/// Makes results of what arrived, on the Lua thread; or makes the task wait for the next thing.
typealias HostWork = @Sendable (ScriptHost) throws(HostFailure) -> HostOutcome

/// One run of a job's function: whoever holds it waits for the outcome, which comes exactly once.
final class FunctionTicket: Sendable, Hashable {
  private let continuation: Mutex<CheckedContinuation<FunctionOutcome, Never>?>

  init(_ continuation: CheckedContinuation<FunctionOutcome, Never>) { self.continuation = Mutex(continuation) }

  /// Whether the engine has its answer: then the function need not be called any more.
  var hasEnded: Bool { continuation.withLock { $0 == nil } }

  /// Gives the engine its answer; only the first counts.
  func end(_ outcome: FunctionOutcome) { continuation.withLock { $0.take() }?.resume(returning: outcome) }

  static func == (a: FunctionTicket, b: FunctionTicket) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
