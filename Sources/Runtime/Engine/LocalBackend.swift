import Jobs
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Executes commands on this machine. Everything that is executed passes here, or through a type of the same form for
/// another place: `submit`, `poll`, `cancel`, `find`.
///
/// An execution is named by its job, attempt and part, and goes on whether or not somebody polls. The backend knows no registry,
/// no slots and no retries.
final class LocalBackend: Sendable {
  /// One execution, as its submitter holds it.
  struct Handle: Sendable {
    fileprivate let run: CommandRun
  }

  private struct Name: Hashable {
    let run: RunID
    let job: JobID
    let attempt: Int
    let part: AttemptControl.Part
  }

  private struct State {
    var runs: [Name: CommandRun] = [:]
    var drainers: [CheckedContinuation<Void, Never>] = []
  }

  private let grace: Duration
  private let watch = LimitWatch()
  private let state = Mutex(State())

  /// A backend that leaves processes this time between TERM and KILL.
  init(grace: Duration = .seconds(5)) { self.grace = grace }

  /// Begins to execute an order, and returns at once. `warn` is told, in a sentence, when four fifths of a limit are used up.
  func submit(_ order: CommandOrder, warn: @escaping @Sendable (String) -> Void = { _ in }) -> Handle {
    let name = Name(run: order.run, job: order.job, attempt: order.attempt, part: order.part)
    let run = CommandRun(order, grace: grace, watch: watch, warn: warn) { [self] in forget(name) }
    state.withLock { state in
      precondition(state.runs[name] == nil, "attempt \(order.attempt) of job \(order.job) is executed a second time")
      state.runs[name] = run
    }
    // Held by the table until it has ended. It must not be cancelled: the end of the process is what ends it.
    Task { await run.run() }
    return Handle(run: run)
  }

  /// Where an execution stands, once that is something else than what the caller knows already. `running` may be passed
  /// over if it was short.
  func poll(_ handle: Handle, after known: ExecutionStatus) async -> ExecutionStatus {
    await handle.run.status(after: known)
  }

  /// Makes an execution end: TERM to all of it, and KILL after the time of grace, or at once if so wanted. Returns at once;
  /// the end is told by `poll`. Asking again changes nothing, except that `atOnce` shortens the time of grace.
  func cancel(_ handle: Handle, _ cause: StopCause, atOnce: Bool = false) {
    handle.run.stop(cause, atOnce: atOnce)
  }

  /// The execution of that name, as long as there is anything left of it.
  func find(job: JobID, of run: RunID, attempt: Int, part: AttemptControl.Part = AttemptControl.Part()) -> Handle? {
    state.withLock { $0.runs[Name(run: run, job: job, attempt: attempt, part: part)] }.map(Handle.init(run:))
  }

  /// Stops the processes of all executions, as the terminal's Ctrl-Z does for ours.
  func pause() { for run in state.withLock({ $0.runs.values }) { run.signal(SIGSTOP) } }

  /// Lets them go on.
  func proceed() { for run in state.withLock({ $0.runs.values }) { run.signal(SIGCONT) } }

  /// How many executions have not ended, or have processes left that are being ended.
  var liveCount: Int { state.withLock { $0.runs.count } }

  /// How long ago the first of the executions that are still being ended was asked to end; nil if none was.
  var graceAge: Duration? {
    let ends = state.withLock { $0.runs.values.compactMap { run in run.endOfGrace.withLock { $0 } } }
    return ends.min().map { grace - ($0 - SuspendingClock().now) }
  }

  /// Returns when nothing is left of any execution.
  func drain() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        if !state.runs.isEmpty { state.drainers.append(continuation) }
        return state.runs.isEmpty
      }
      if isIdle { continuation.resume() }
    }
  }

  private func forget(_ name: Name) {
    let drainers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.runs[name] = nil
      guard state.runs.isEmpty else { return [] }
      defer { state.drainers = [] }
      return state.drainers
    }
    for drainer in drainers { drainer.resume() }
  }
}
