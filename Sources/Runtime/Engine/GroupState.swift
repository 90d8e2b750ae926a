/// How the tasks of a group come to run, as a pure state machine.
///
/// ```
///  blocked ──dependencies done──► ready ──room──► active ──taskEnded──► ended
///     └──a dependency failed, or the group stops──► skipped  (ended too)
/// ```
/// Invariants:
/// - A task becomes active once, after all its dependencies have ended well, and only while fewer than the group's limit are.
/// - Every task ends exactly once: by the first `taskEnded`, or by one action `skip` if it never became active.
/// - After the group has stopped, nothing becomes active any more.
/// Who acts: the engine starts, skips and cancels what the actions say, and tells of each active task's end.
struct GroupState: Sendable {
  /// Why a task that never ran will not run.
  enum SkipCause: Sendable, Hashable {
    /// This task, one that it depends on, did not end well.
    case dependency(Int)
    /// This task failed first, and the group ends at its first failure.
    case failFast(Int)
    /// Somebody, or a limit, ended the whole group.
    case stopped
  }

  /// What the engine is to do.
  enum Action: Sendable, Hashable {
    case start(Int)
    case skip(Int, SkipCause)
    /// Cancel an active task, because this task failed first. Its end is told by `taskEnded` like any other.
    case cancel(Int, because: Int)
  }

  private enum Phase { case blocked, ready, active, ended }

  /// The graph.
  let plan: GroupPlan
  private let limit: Int
  /// Whether the first failure ends the group.
  let failsFast: Bool
  private var phases: [Phase]
  private var open: [Int]
  private var ready: ReadyLine
  private var activeCount = 0
  private var unendedCount: Int
  private var isStopped = false

  /// A group that has not begun. At most `limit` tasks are active at once; nil means no limit of its own, and 1 runs them
  /// one after the other.
  init(plan: GroupPlan, limit: Int?, failsFast: Bool) {
    precondition(limit.map { $0 >= 1 } ?? true, "a group in which no task may run")
    self.plan = plan
    self.limit = limit ?? Int.max
    self.failsFast = failsFast
    phases = .init(repeating: .blocked, count: plan.keys.count)
    open = plan.dependencies.map(\.count)
    ready = ReadyLine()
    unendedCount = plan.keys.count
  }

  /// Whether every task has ended.
  var isOver: Bool { unendedCount == 0 }

  /// How many tasks are active.
  var running: Int { activeCount }

  /// Starts what depends on nothing.
  mutating func begin() -> [Action] {
    for index in plan.keys.indices where open[index] == 0 { makeReady(index) }
    return startWhatFits()
  }

  /// A task has ended, well or not; one that was not active has been cancelled by itself. The end of a task that was skipped
  /// is known already, and nothing happens.
  mutating func taskEnded(_ index: Int, succeeded: Bool) -> [Action] {
    guard phases[index] != .ended else { return [] }
    precondition(phases[index] == .active || !succeeded, "task '\(plan.keys[index])' ended well and never began")
    if phases[index] == .active { activeCount -= 1 }
    phases[index] = .ended
    unendedCount -= 1
    var actions: [Action] = []
    if succeeded {
      for dependent in plan.dependents[index] where phases[dependent] == .blocked {
        open[dependent] -= 1
        if open[dependent] == 0 { makeReady(dependent) }
      }
    } else {
      skipDependents(of: index, into: &actions)
      if failsFast, !isStopped { stop(cause: .failFast(index), cancellingFor: index, into: &actions) }
    }
    return actions + startWhatFits()
  }

  /// Ends the group: what has not begun is skipped. What is active is the caller's to cancel.
  mutating func stop() -> [Action] {
    var actions: [Action] = []
    if !isStopped { stop(cause: .stopped, cancellingFor: nil, into: &actions) }
    return actions
  }

  /// The tasks that are active, in the order of the list.
  var active: [Int] { phases.indices.filter { phases[$0] == .active } }

  private mutating func makeReady(_ index: Int) {
    phases[index] = .ready
    ready.insert(index)
  }

  private mutating func startWhatFits() -> [Action] {
    var actions: [Action] = []
    while activeCount < limit, let index = ready.popFirst() {
      guard phases[index] == .ready else { continue }
      phases[index] = .active
      activeCount += 1
      actions.append(.start(index))
    }
    return actions
  }

  private mutating func skipDependents(of failed: Int, into actions: inout [Action]) {
    var line = [failed]
    while let cause = line.popLast() {
      for dependent in plan.dependents[cause] where phases[dependent] == .blocked {
        skip(dependent, .dependency(cause), into: &actions)
        line.append(dependent)
      }
    }
  }

  private mutating func stop(cause: SkipCause, cancellingFor failed: Int?, into actions: inout [Action]) {
    isStopped = true
    for index in phases.indices {
      switch phases[index] {
      case .blocked, .ready: skip(index, cause, into: &actions)
      case .active: if let failed { actions.append(.cancel(index, because: failed)) }
      case .ended: break
      }
    }
  }

  private mutating func skip(_ index: Int, _ cause: SkipCause, into actions: inout [Action]) {
    phases[index] = .ended
    unendedCount -= 1
    actions.append(.skip(index, cause))
  }
}

/// Tasks that may start, the first of the list first: a binary heap.
private struct ReadyLine: Sendable {
  private var heap: [Int] = []

  mutating func insert(_ index: Int) {
    heap.append(index)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Int? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    sink()
    return first
  }

  private mutating func sink() {
    var parent = 0
    while 2 * parent + 1 < heap.count {
      let left = 2 * parent + 1
      let right = left + 1
      let least = right < heap.count && heap[right] < heap[left] ? right : left
      guard heap[least] < heap[parent] else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
