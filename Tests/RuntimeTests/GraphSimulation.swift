@testable import Runtime

/// A group of tasks that runs in no time: the two state machines that decide, driven by ends and cancels of random tasks,
/// as the engine drives them. Each promise that is broken is a sentence in `faults`.
struct GraphSimulation {
  /// What happens in it.
  struct Chances {
    var failure = 0.0
    var cancel = 0.0
    var stop = 0.0
    var refusal = 0.0
  }

  private enum Stage { case blocked, asking, lined, running, held, deferred, ended }

  let plan: GroupPlan
  let rules: [TaskRule]
  let durations: [Double]
  let slots: Int
  let groupLimit: Int?
  var faults: [String] = []
  /// When the last task ended.
  private(set) var makespan = 0.0
  private(set) var startOrder: [Int] = []

  private var group: GroupState
  private var scheduler: SchedulerState<Int>
  private var stages: [Stage]
  private var outcomes: [GroupState.TaskEnd?]
  private var held: [Int: GroupState.TaskEnd] = [:]
  private var tails: [Double]
  private var clock = 0.0
  private var running: [(end: Double, task: Int)] = []
  private var actions: [GroupState.Action] = []
  private let chances: Chances
  private var random: SplitMix

  init(
    plan: GroupPlan, rules: [TaskRule], durations: [Double], slots: Int, groupLimit: Int? = nil,
    failsFast: Bool = false,
    fallsBack: Bool = false, tails: [Double]? = nil, chances: Chances = Chances(), random: SplitMix
  ) {
    self.plan = plan
    self.rules = rules
    self.durations = durations
    self.slots = slots
    self.groupLimit = groupLimit
    self.chances = chances
    self.random = random
    self.tails = tails ?? BottomLevels.ranks(plan, .init(repeating: 1, count: plan.keys.count))
    group = GroupState(plan: plan, rules: rules, failsFast: failsFast, fallsBack: fallsBack)
    scheduler = SchedulerState(slots: slots)
    if let groupLimit { _ = scheduler.setLimit(.group("g"), groupLimit) }
    stages = .init(repeating: .blocked, count: plan.keys.count)
    outcomes = .init(repeating: nil, count: plan.keys.count)
  }

  mutating func run() {
    actions = group.begin()
    settle()
    while let next = nextEvent() {
      next()
      settle()
    }
    for task in stages.indices where stages[task] != .ended {
      faults.append("task \(task) never ended: \(stages[task])")
    }
    if !group.isOver { faults.append("the group is not over") }
    if scheduler.holderCount + scheduler.waitingCount > 0 { faults.append("a slot is lost") }
  }

  private mutating func chance(_ probability: Double) -> Bool {
    probability > 0 && Double.random(in: 0..<1, using: &random) < probability
  }

  /// Ends the task that is due next, answers a `when`, or cancels something; false once nothing can happen any more.
  private mutating func nextEvent() -> (() -> Void)? {
    if chance(chances.stop) {
      actions += stop()
      settle()
    }
    if chance(chances.cancel), let victim = stages.indices.randomElement(using: &random) { cancel(victim) }
    settle()
    if let asked = stages.firstIndex(of: .asking) {
      actions += group.answered(asked, isWanted: answer(asked))
      return {}
    }
    guard let index = running.indices.min(by: { running[$0].end < running[$1].end }) else { return nil }
    let (time, task) = running.remove(at: index)
    clock = max(clock, time)
    ended(task)
    return {}
  }

  private mutating func answer(_ task: Int) -> Bool {
    let isWanted = !chance(chances.refusal)
    if isWanted { stages[task] = .blocked }
    return isWanted
  }

  private mutating func stop() -> [GroupState.Action] {
    let actions = group.stop()
    for task in stages.indices where [.lined, .running, .held, .deferred].contains(stages[task]) { cancel(task) }
    return actions
  }

  private mutating func ended(_ task: Int) {
    let end: GroupState.TaskEnd = chance(chances.failure) ? .failed : .succeeded
    start(scheduler.leave(task))
    if end == .failed, group.defers(task) {
      stages[task] = .deferred
      actions += group.taskDeferred(task)
    } else if group.holds(task) {
      stages[task] = .held
      held[task] = end
      actions += group.taskHeld(task)
    } else {
      finish(task, end)
    }
  }

  private mutating func finish(_ task: Int, _ end: GroupState.TaskEnd) {
    if outcomes[task] != nil { faults.append("task \(task) ended twice") }
    stages[task] = .ended
    outcomes[task] = end
    makespan = max(makespan, clock)
    actions += group.taskEnded(task, end)
  }

  private mutating func cancel(_ task: Int) {
    switch stages[task] {
    case .ended, .blocked: return
    case .running: running.removeAll { $0.task == task }
    case .lined, .held, .deferred, .asking: break
    }
    start(scheduler.leave(task))
    finish(task, .failed)
  }

  private mutating func settle() {
    while !actions.isEmpty { perform(actions.removeFirst()) }
  }

  private mutating func perform(_ action: GroupState.Action) {
    switch action {
    case .start(let task, let isSpeculative): line(task, isSpeculative: isSpeculative)
    case .ask(let task): if stages[task] == .blocked { stages[task] = .asking }
    case .skip(let task, let cause):
      if outcomes[task] != nil { faults.append("task \(task) is skipped after its end") }
      stages[task] = .ended
      switch cause {
      case .passedOver, .condition: outcomes[task] = .passedOver
      case .dependency, .failFast, .stopped: outcomes[task] = .failed
      }
    case .cancel(let task, _): cancel(task)
    case .revoke(let task, let cause):
      let isLive = stages[task] != .ended
      cancel(task)
      // Its cancelled end is no failure for those that depend on it.
      if case .passedOver = cause, isLive { outcomes[task] = .passedOver }
    case .confirm(let task): if let end = held.removeValue(forKey: task), stages[task] == .held { finish(task, end) }
    case .goSequential: start(scheduler.setLimit(.group("g"), 1))
    }
  }

  private mutating func line(_ task: Int, isSpeculative: Bool) {
    guard stages[task] == .blocked || stages[task] == .deferred else {
      faults.append("task \(task) is started while it is \(stages[task])")
      return
    }
    if !isSpeculative, !rules[task].isSpeculative, !isFulfilled(task) {
      faults.append("task \(task) starts before its dependencies")
    }
    stages[task] = .lined
    let rank = Rank(
      since: 0, priority: isSpeculative ? Priority.speculation : 0, tail: tails[task], order: task)
    start(scheduler.enter(task, .init(caps: [.pool, .group("g")], rank: rank)))
  }

  private func isFulfilled(_ task: Int) -> Bool {
    let ends = plan.dependencies[task].map { outcomes[$0] }
    switch rules[task].trigger {
    case .allSuccess: return ends.allSatisfy { $0 == .succeeded }
    case .allDone: return ends.allSatisfy { $0 != nil }
    case .oneSuccess: return ends.isEmpty || ends.contains(.succeeded)
    case .noneFailedMinOneSuccess:
      return ends.allSatisfy { $0 == .succeeded || $0 == .passedOver } && (ends.isEmpty || ends.contains(.succeeded))
    }
  }

  private mutating func start(_ tasks: [Int]) {
    for task in tasks {
      if stages[task] != .lined { faults.append("task \(task) gets a slot while it is \(stages[task])") }
      stages[task] = .running
      startOrder.append(task)
      running.append((clock + durations[task], task))
    }
    let limit = group.isFallingBack ? 1 : min(slots, groupLimit ?? slots)
    if running.count > limit, !tasks.isEmpty { faults.append("\(running.count) run, and \(limit) may") }
  }
}
