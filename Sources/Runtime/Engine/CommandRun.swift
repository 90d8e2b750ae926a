import Jobs
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// One execution of a command: a process that leads a session of its own, from its start until all of it is gone.
///
/// Terms: the *leader* is the process that we start; its *group* is what a signal reaches as long as it is not reaped.
/// Invariants:
/// - The status goes from `submitted` to `ended`, through `running` if there was a process, and `ended` comes once.
/// - The end is the leader's end. Whoever keeps the output open delays it by a quarter of a second at most.
/// - The leader's group is signalled only between its start and its reaping: signals and the reaping take the same lock.
/// - Signals before the end come from `KillSequence` alone; those after it go to processes that were found and checked.
final class CommandRun: Sendable {
  private struct State {
    var status = ExecutionStatus.submitted
    var waiters: [CheckedContinuation<ExecutionStatus, Never>] = []
    var stop: StopCause?
    /// The leader between its start and its reaping.
    var leader: pid_t?
    var limits: LimitState?
    var start = MonotonicTime(nanoseconds: 0)
  }

  /// What runs.
  let order: CommandOrder
  /// The time between TERM and KILL.
  let grace: Duration
  /// When that is over for the whole tree; nil as long as nobody asked it to end.
  let endOfGrace = Mutex<SuspendingClock.Instant?>(nil)
  let inbox = Inbox<CommandEvent>()
  private let state = Mutex(State())

  private let watch: LimitWatch
  /// Called with a sentence when a limit is nearly reached.
  private let warn: @Sendable (String) -> Void
  /// Called once, when nothing is left of the execution.
  private let over: @Sendable () -> Void

  /// An execution that begins when `run` is called.
  init(
    _ order: CommandOrder, grace: Duration, watch: LimitWatch, warn: @escaping @Sendable (String) -> Void,
    over: @escaping @Sendable () -> Void
  ) {
    self.order = order
    self.grace = grace
    self.watch = watch
    self.warn = warn
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
    let (report, leader, group) = await execute()
    await conclude(report, leader: leader, group: group)
  }

  /// Tells of the end, and ends what outlives the leader.
  private func conclude(_ report: CommandReport, leader: Int?, group: ControlGroup?) async {
    if report.stop == .requestToLeader {
      // What it has started stays, below the guardian, until the run ends.
      publish(.ended(report))
    } else if let leader {
      let leaderObeyed = report.stop == nil || report.end != .signalled(Int(SIGKILL))
      let (leaked, rest) = await sweep(Leftovers(of: order, leader: leader, group: group), leaderObeyed: leaderObeyed)
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

// MARK: - The leader, and its limits

extension CommandRun {
  /// There is a leader from here on, until `reap`.
  func begin(_ child: ProcessSpawn.Child) {
    state.withLock { state in
      state.leader = child.pid
      state.start = .now
      state.limits = LimitState(limits: order.limits, timeLimit: order.timeLimit)
    }
    watch.add(self)
  }

  /// Reaps the leader, which has ended: nobody signals its group from here on.
  func reap(_ child: ProcessSpawn.Child) -> ProcessSpawn.Child.End {
    watch.remove(self)
    return state.withLock { state in
      state.leader = nil
      return child.reap()
    }
  }

  /// Sends a signal to the leader's group, if there is one; with a sandbox, to whom it says the command is.
  func signal(_ number: Int32, by sandbox: SandboxLaunch? = nil) {
    state.withLock { state in
      guard let leader = state.leader else { return }
      guard let sandbox else {
        kill(-leader, number)
        return
      }
      // Before there is a command there is nobody to be polite to.
      let targets = sandbox.politeTargets(leader: leader)
      for target in targets.isEmpty ? [-leader] : targets { kill(target, number) }
    }
  }

  /// Sends a signal to the leader itself, if there is one.
  func signalLeader(_ number: Int32) {
    state.withLock { state in
      if let leader = state.leader { kill(leader, number) }
    }
  }

  /// Where its processes are to be looked for.
  var tree: ProcessTable.Tree? {
    state.withLock { $0.leader }.map { ProcessTable.Tree(leader: $0, marks: JobEnvironment.marks(of: order)) }
  }

  /// How long its output file is.
  var outputSize: Int { (try? order.output.size()) ?? 0 }

  /// Takes in what it has taken so far, and acts on it.
  func look(_ usage: [pid_t: UsageSample]) {
    let size = outputSize
    let findings = state.withLock { state -> [LimitState.Finding] in
      guard let leader = state.leader, state.limits != nil else { return [] }
      var sample = usage[leader] ?? UsageSample()
      sample.output = max(0, size - order.outputStart)
      return state.limits?.look(at: sample, age: MonotonicTime.now.since(state.start)) ?? []
    }
    for finding in findings {
      switch finding {
      case .warning(let sentence): warn(sentence)
      case .exceeded(let cause): stop(cause, atOnce: cause.isUrgent)
      }
    }
  }
}
