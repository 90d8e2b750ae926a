internal import HeapModule

/// How a group would run: which tasks hold it up, and how long it takes, by running it in thought with the scheduler that
/// runs it in truth.
///
/// It is a forecast: tasks take as long as they took before, none fails, and nobody else wants the slots.
struct GroupForecast: Sendable {
  /// What is known of a group before it runs.
  struct Question: Sendable {
    var plan: GroupPlan
    /// For each task the milliseconds that it took before, if that is known.
    var durations: [Double?]
    /// Whether each task needs a slot of the pool.
    var needsSlot: [Bool]
    var priorities: [Double]
    /// The slots of the run.
    var slots: Int
    /// How many of the group may run at once.
    var limit: Int?
    /// Which tasks exclude each other.
    var conflicts: ConflictGraph?

    /// Tasks that need a slot each, and of which nothing is known.
    init(plan: GroupPlan, slots: Int) {
      self.plan = plan
      self.slots = slots
      durations = .init(repeating: nil, count: plan.keys.count)
      needsSlot = .init(repeating: true, count: plan.keys.count)
      priorities = .init(repeating: 0, count: plan.keys.count)
    }
  }

  /// What was counted with, for each task: milliseconds, or steps where nothing is known. An unknown task counts as the
  /// median of the known ones.
  let durations: [Double]
  /// Of how many tasks the duration is known.
  let knownCount: Int
  /// The longest way from each task's start to the group's end.
  let ranks: [Double]
  /// A longest way through the group.
  let criticalPath: [Int]
  /// When the last task would end.
  let makespan: Double
  /// When each task would start.
  let starts: [Double]

  /// Whether the times are milliseconds: something is known.
  var isTimed: Bool { knownCount > 0 }

  /// How long the critical path takes.
  var criticalLength: Double { criticalPath.first.map { ranks[$0] } ?? 0 }

  init(_ question: Question) {
    knownCount = question.durations.count { $0 != nil }
    durations = GroupForecast.filled(question.durations)
    ranks = BottomLevels.ranks(question.plan, durations)
    criticalPath = BottomLevels.criticalPath(question.plan, ranks: ranks)
    var simulation = Simulation(question, durations, ranks)
    simulation.run()
    starts = simulation.starts
    makespan = zip(starts, durations).map { $0 + $1 }.max() ?? 0
  }
}

extension GroupForecast {
  /// The durations with the median of the known ones in place of the others, or 1 where none is known.
  static func filled(_ durations: [Double?]) -> [Double] {
    let known = durations.compactMap(\.self).sorted()
    let usual = known.isEmpty ? 1 : known[known.count / 2]
    return durations.map { $0 ?? usual }
  }
}

/// The group's run in thought.
private struct Simulation {
  private struct End: Comparable {
    let at: Double
    let task: Int
    static func < (one: End, other: End) -> Bool { (one.at, one.task) < (other.at, other.task) }
  }

  private let question: GroupForecast.Question
  private let durations: [Double]
  private let ranks: [Double]
  private let crowds: [[String]]
  private var scheduler: SchedulerState<Int>
  private var ends = Heap<End>()
  private(set) var starts: [Double]

  init(_ question: GroupForecast.Question, _ durations: [Double], _ ranks: [Double]) {
    self.question = question
    self.durations = durations
    self.ranks = ranks
    starts = .init(repeating: 0, count: durations.count)
    scheduler = SchedulerState(slots: max(1, question.slots))
    if let limit = question.limit { _ = scheduler.setLimit(.group(""), max(1, limit)) }
    var crowds = [[String]](repeating: [], count: durations.count)
    if let conflicts = question.conflicts {
      for pair in conflicts.pairs { scheduler.exclude(pair.first.task, pair.second.task) }
      for crowd in conflicts.crowds { for task in crowd.tasks { crowds[task].append(crowd.pattern) } }
    }
    self.crowds = crowds
  }

  mutating func run() {
    var open = question.plan.dependencies.map(\.count)
    enter(open.indices.filter { open[$0] == 0 }, at: 0)
    while let end = ends.popMin() {
      begin(scheduler.leave(end.task), at: end.at)
      for dependent in question.plan.dependents[end.task] { open[dependent] -= 1 }
      enter(question.plan.dependents[end.task].filter { open[$0] == 0 }, at: end.at)
    }
  }

  private mutating func enter(_ tasks: [Int], at time: Double) {
    scheduler.gather()
    for task in tasks { begin(scheduler.enter(task, claim(of: task)), at: time) }
    begin(scheduler.release(), at: time)
  }

  private func claim(of task: Int) -> SchedulerState<Int>.Claim {
    var caps: [SchedulerState<Int>.Cap] = question.needsSlot[task] ? [.pool] : []
    if question.limit != nil { caps.append(.group("")) }
    caps += crowds[task].map { .crowd($0) }
    let isOrdered = question.plan.waves.count > 1 && question.limit != 1
    let rank = Rank(since: 0, priority: question.priorities[task], tail: isOrdered ? ranks[task] : 0, order: task)
    return .init(caps: caps, rank: rank)
  }

  private mutating func begin(_ tasks: [Int], at time: Double) {
    for task in tasks {
      starts[task] = time
      ends.insert(End(at: time + durations[task], task: task))
    }
  }
}
