/// How the tasks of a group come to run, as a pure state machine.
///
/// ```
///  blocked ──verdict: wanted──► asking (has a `when`) ──► active ──taskEnded──► ended
///     │                            └──not wanted──► skipped (ended too)
///     ├──verdict: not wanted, or the group stops──► skipped
///     └──speculative──► active, before its verdict ──taskHeld──► held until `confirm` or `revoke`
///  active ──taskDeferred──► deferred ──all else has ended──► active, one after the other
/// ```
/// Terms: a task is *wanted* once the ends of its dependencies fulfil its trigger rule. An *active* task may still wait for
/// a slot: whoever runs tasks decides how many run at once (`SchedulerState`).
///
/// Invariants:
/// - A task becomes active once (and once more if it was deferred), after it was wanted, unless it is speculative.
/// - Every task ends exactly once: by the first `taskEnded`, or by one action `skip` if it never became active.
/// - A speculative task gets exactly one of `confirm` and `revoke`, unless it ends or the group stops before.
/// - After the group has stopped, nothing becomes active any more.
/// Who acts: the engine does what the actions say, and tells of each active task's end. A speculative task's good end is
/// told only after `confirm`.
struct GroupState: Sendable {
  /// Why a task that never ran will not run, or is not wanted after all.
  enum SkipCause: Sendable, Hashable {
    /// This task, one that it depends on, did not end well.
    case dependency(Int)
    /// This task, one that it depends on, was not wanted.
    case passedOver(Int)
    /// Its own `when` said no.
    case condition
    /// This task failed first, and the group ends at its first failure.
    case failFast(Int)
    /// Somebody, or a limit, ended the whole group.
    case stopped
  }

  /// What the engine is to do.
  enum Action: Sendable, Hashable {
    case start(Int, isSpeculative: Bool)
    /// Ask the task's `when`, and tell `answered`.
    case ask(Int)
    case skip(Int, SkipCause)
    /// Cancel an active task, because this task failed first. Its end is told by `taskEnded` like any other.
    case cancel(Int, because: Int)
    /// The result of a speculative task counts.
    case confirm(Int)
    /// The result of a speculative task is not wanted: cancel it, whatever it came to. Its end is told like any other.
    case revoke(Int, SkipCause)
    /// From now on the tasks of the group run one after the other.
    case goSequential
  }

  /// How a task ended, for those that depend on it.
  enum TaskEnd: Sendable, Hashable {
    case succeeded, failed
    /// It was not wanted, which is no failure.
    case passedOver
  }

  private enum Phase { case blocked, asking, active, held, deferred, ended }

  /// How far the dependencies of a task have ended.
  private struct Tally: Sendable {
    var open: Int
    var successes = 0
    var failed: Int?
    var passedOver: Int?
    var isDecided = false
  }

  /// The graph.
  let plan: GroupPlan
  private let rules: [TaskRule]
  /// Whether the first failure ends the group.
  let failsFast: Bool
  private let fallsBack: Bool
  private var phases: [Phase]
  private var tallies: [Tally]
  /// Speculative tasks whose dependency was passed over: their cancelled end is no failure.
  private var unwanted: Set<Int> = []
  private var activeCount = 0
  private var deferred: [Int] = []
  private var unendedCount: Int
  private var isStopped = false
  /// Whether tasks that failed side by side run again one after the other now.
  private(set) var isFallingBack = false

  /// A group that has not begun. `rules` has one for each task. `fallsBack`: tasks that fail are tried once more, alone,
  /// when nothing else can run.
  init(plan: GroupPlan, rules: [TaskRule]? = nil, failsFast: Bool = false, fallsBack: Bool = false) {
    let rules = rules ?? .init(repeating: TaskRule(), count: plan.keys.count)
    precondition(rules.count == plan.keys.count, "\(plan.keys.count) tasks with \(rules.count) rules")
    self.plan = plan
    self.rules = rules
    self.failsFast = failsFast
    self.fallsBack = fallsBack
    phases = .init(repeating: .blocked, count: plan.keys.count)
    tallies = plan.dependencies.map { Tally(open: $0.count) }
    unendedCount = plan.keys.count
  }

  /// Whether every task has ended.
  var isOver: Bool { unendedCount == 0 }

  /// How many tasks are active or asked.
  var running: Int { activeCount }

  /// Whether an active task's work that is over is to be held (`taskHeld`) instead of ended: it is not known whether it is
  /// wanted.
  func holds(_ index: Int) -> Bool { phases[index] == .active && !tallies[index].isDecided }

  /// Whether an active task that has failed is to be deferred (`taskDeferred`) instead of ended.
  func defers(_ index: Int) -> Bool { fallsBack && !isFallingBack && !isStopped && phases[index] == .active }

  /// Starts what depends on nothing, and what is speculative.
  mutating func begin() -> [Action] {
    var actions: [Action] = []
    for index in plan.keys.indices {
      if tallies[index].open == 0 {
        accept(index, &actions)
      } else if rules[index].isSpeculative {
        activate(index, isSpeculative: true, &actions)
      }
    }
    return actions
  }

  /// A task has ended; one that was not active has been cancelled by itself. The end of a task that was skipped is known
  /// already, and nothing happens.
  mutating func taskEnded(_ index: Int, _ end: TaskEnd) -> [Action] {
    guard phases[index] != .ended else { return [] }
    let isUnwanted = unwanted.contains(index) && end != .succeeded
    precondition(
      end != .succeeded || (phases[index] == .active || phases[index] == .held) && tallies[index].isDecided,
      "task '\(plan.keys[index])' ended well and never began, or before its dependencies")
    close(index)
    var actions: [Action] = []
    settle([(index, isUnwanted ? .passedOver : end)], &actions)
    if end == .failed, !isUnwanted, failsFast, !isStopped {
      stop(cause: .failFast(index), cancellingFor: index, &actions)
    }
    fallBackIfAlone(&actions)
    return actions
  }

  /// A task's `when` has answered. Nothing happens if it has ended meanwhile.
  mutating func answered(_ index: Int, isWanted: Bool) -> [Action] {
    guard phases[index] == .asking else { return [] }
    var actions: [Action] = []
    if isWanted {
      activeCount -= 1
      activate(index, isSpeculative: false, &actions)
    } else {
      close(index)
      actions.append(.skip(index, .condition))
      settle([(index, .passedOver)], &actions)
      fallBackIfAlone(&actions)
    }
    return actions
  }

  /// The work of a task is over, and its result waits for its dependencies; see `holds`.
  mutating func taskHeld(_ index: Int) -> [Action] {
    precondition(holds(index), "task '\(plan.keys[index])' cannot be held")
    phases[index] = .held
    activeCount -= 1
    var actions: [Action] = []
    fallBackIfAlone(&actions)
    return actions
  }

  /// A task has failed and waits for being tried alone; see `defers`.
  mutating func taskDeferred(_ index: Int) -> [Action] {
    precondition(defers(index), "task '\(plan.keys[index])' cannot be deferred")
    phases[index] = .deferred
    activeCount -= 1
    deferred.append(index)
    var actions: [Action] = []
    fallBackIfAlone(&actions)
    return actions
  }

  /// Ends the group: what has not begun is skipped. What is active or deferred is the caller's to cancel.
  mutating func stop() -> [Action] {
    var actions: [Action] = []
    if !isStopped { stop(cause: .stopped, cancellingFor: nil, &actions) }
    return actions
  }
}

extension GroupState {
  /// Passes ends on to those that depend on them.
  private mutating func settle(_ ends: [(Int, TaskEnd)], _ actions: inout [Action]) {
    var line = ends
    while let (ended, end) = line.popLast() {
      for dependent in plan.dependents[ended] where !tallies[dependent].isDecided && phases[dependent] != .ended {
        tallies[dependent].open -= 1
        switch end {
        case .succeeded: tallies[dependent].successes += 1
        case .failed: tallies[dependent].failed = tallies[dependent].failed ?? ended
        case .passedOver: tallies[dependent].passedOver = tallies[dependent].passedOver ?? ended
        }
        guard let verdict = verdict(dependent) else { continue }
        switch verdict {
        case .wanted: accept(dependent, &actions)
        case .unwanted(let cause):
          if let end = reject(dependent, cause, &actions) { line.append((dependent, end)) }
        }
      }
    }
  }

  private enum Verdict { case wanted, unwanted(SkipCause) }

  private func verdict(_ index: Int) -> Verdict? {
    let tally = tallies[index]
    let failed = tally.failed.map { Verdict.unwanted(.dependency($0)) }
    let passedOver = tally.passedOver.map { Verdict.unwanted(.passedOver($0)) }
    let isLast = tally.open == 0
    switch rules[index].trigger {
    case .allSuccess: return failed ?? (isLast ? passedOver ?? .wanted : nil)
    case .allDone: return isLast ? .wanted : nil
    case .oneSuccess: return tally.successes > 0 ? .wanted : isLast ? failed ?? passedOver : nil
    case .noneFailedMinOneSuccess:
      return failed ?? (isLast ? tally.successes > 0 ? .wanted : passedOver : nil)
    }
  }

  private mutating func accept(_ index: Int, _ actions: inout [Action]) {
    tallies[index].isDecided = true
    if phases[index] == .active || phases[index] == .held {
      actions.append(.confirm(index))
    } else if phases[index] == .deferred {
      // It starts with the others that were deferred.
    } else if rules[index].hasCondition {
      phases[index] = .asking
      activeCount += 1
      actions.append(.ask(index))
    } else {
      activate(index, isSpeculative: false, &actions)
    }
  }

  /// Nil: its end is told later.
  private mutating func reject(_ index: Int, _ cause: SkipCause, _ actions: inout [Action]) -> TaskEnd? {
    tallies[index].isDecided = true
    var end = TaskEnd.failed
    if case .passedOver = cause { end = .passedOver }
    if [.active, .held, .deferred].contains(phases[index]) {
      if end == .passedOver { unwanted.insert(index) }
      if phases[index] == .deferred {
        // It waits for its end, and for nothing else any more.
        deferred.removeAll { $0 == index }
        phases[index] = .held
      }
      actions.append(.revoke(index, cause))
      return nil
    }
    close(index)
    actions.append(.skip(index, cause))
    return end
  }

  private mutating func activate(_ index: Int, isSpeculative: Bool, _ actions: inout [Action]) {
    phases[index] = .active
    activeCount += 1
    actions.append(.start(index, isSpeculative: isSpeculative))
  }

  private mutating func close(_ index: Int) {
    switch phases[index] {
    case .active, .asking: activeCount -= 1
    case .deferred: deferred.removeAll { $0 == index }
    case .blocked, .held, .ended: break
    }
    phases[index] = .ended
    unendedCount -= 1
  }

  /// What failed beside others is tried alone once nothing else runs.
  private mutating func fallBackIfAlone(_ actions: inout [Action]) {
    guard activeCount == 0, !deferred.isEmpty, !isStopped else { return }
    isFallingBack = true
    actions.append(.goSequential)
    let line = deferred.sorted()
    deferred = []
    for index in line { activate(index, isSpeculative: !tallies[index].isDecided, &actions) }
  }

  private mutating func stop(cause: SkipCause, cancellingFor failed: Int?, _ actions: inout [Action]) {
    isStopped = true
    for index in phases.indices {
      switch phases[index] {
      case .blocked, .asking:
        close(index)
        actions.append(.skip(index, cause))
      case .active, .held, .deferred: if let failed { actions.append(.cancel(index, because: failed)) }
      case .ended: break
      }
    }
  }
}

/// When a task of a group runs, beside the order of its dependencies.
struct TaskRule: Sendable, Hashable {
  var trigger = TriggerRule.allSuccess
  /// Whether a function of the script is asked before it starts.
  var hasCondition = false
  /// Whether it starts before it is known to be wanted.
  var isSpeculative = false
}

/// Which ends of its dependencies let a task start. The names are those of Apache Airflow.
enum TriggerRule: String, Sendable, Hashable, CaseIterable {
  /// All ended well.
  case allSuccess = "all_success"
  /// All ended, however they did.
  case allDone = "all_done"
  /// One has ended well; the others need not have ended.
  case oneSuccess = "one_success"
  /// All ended, none failed, and one at least ended well.
  case noneFailedMinOneSuccess = "none_failed_min_one_success"
}
