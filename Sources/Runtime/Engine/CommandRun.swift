import Jobs
import Synchronization

/// One execution of a command: a process that leads a session of its own, from its start until all of it is gone.
///
/// Terms: the *leader* is the process that we start; its *group* is what a signal reaches as long as it is not reaped.
/// Invariants:
/// - The status goes from `submitted` to `ended`, through `running` if there was a process, and `ended` comes once.
/// - The end is the leader's end. Whoever keeps the output open delays it by a quarter of a second at most.
/// - The leader's group is signalled only between its start and its reaping, by the one task that runs `run`.
/// - Signals before the end come from `KillSequence` alone; those after it go to processes that were found and checked.
final class CommandRun: Sendable {
  private struct State {
    var status = ExecutionStatus.submitted
    var waiters: [CheckedContinuation<ExecutionStatus, Never>] = []
    var stop: StopCause?
  }

  /// What runs.
  let order: CommandOrder
  /// The time between TERM and KILL.
  let grace: Duration
  let inbox = Inbox<CommandEvent>()
  private let state = Mutex(State())

  /// Called once, when nothing is left of the execution.
  private let over: @Sendable () -> Void

  /// An execution that begins when `run` is called.
  init(_ order: CommandOrder, grace: Duration, over: @escaping @Sendable () -> Void) {
    self.order = order
    self.grace = grace
    self.over = over
  }

  /// Where it stands.
  var status: ExecutionStatus { state.withLock { $0.status } }

  /// Why it is to end, if somebody wants that.
  var stopCause: StopCause? { state.withLock { $0.stop } }

  /// Where it stands, once that is something else than `known`.
  func status(after known: ExecutionStatus) async -> ExecutionStatus {
    await withCheckedContinuation { continuation in
      let status = state.withLock { state -> ExecutionStatus? in
        guard state.status == known else { return state.status }
        state.waiters.append(continuation)
        return nil
      }
      if let status { continuation.resume(returning: status) }
    }
  }

  /// Makes it end: TERM to the whole group, and KILL after the time of grace, or at once if so wanted. Without a process it
  /// is withdrawn. Only the first cause counts, and none that comes after the end.
  func stop(_ cause: StopCause, atOnce: Bool = false) {
    state.withLock { if $0.stop == nil { $0.stop = cause } }
    inbox.post(atOnce ? .stopAtOnce(cause) : .stop(cause))
  }

  /// Executes the order, and returns when its process and all that were found of its session are gone.
  func run() async {
    let (report, leader) = await execute()
    await conclude(report, leader: leader)
  }

  /// Tells of the end, and ends what outlives the leader.
  func conclude(_ report: CommandReport, leader: Int?) async {
    if let leader {
      let (leaked, rest) = await sweep(Leftovers(of: order, leader: leader))
      var complete = report
      complete.leaked = leaked
      publish(.ended(complete))
      if let rest { await endAll(rest) }
    } else {
      publish(.ended(report))
    }
    over()
  }

  func publish(_ status: ExecutionStatus) {
    let waiters = state.withLock { state -> [CheckedContinuation<ExecutionStatus, Never>] in
      if case .ended = state.status { return [] }
      state.status = status
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume(returning: status) }
  }
}
