/// What it costs to decide who runs, without running anything: a graph of tasks that end as soon as they have begun. The
/// sources that decide are the program's own, linked into this folder.
@main
struct SchedulingCost {
  static func main() throws {
    for count in CommandLine.arguments.dropFirst().compactMap({ Int($0) }) {
      let graph = try plan(of: count)
      let clock = ContinuousClock()
      var best = Duration.seconds(3600)
      for _ in 0..<5 { best = min(best, clock.measure { run(graph, slots: 10) }) }
      print(count, best / .microseconds(1) / Double(count))
    }
  }

  /// A tenth of the tasks has up to three dependencies; the others are ready, and queued, at once.
  private static func plan(of count: Int) throws(GroupError) -> GroupPlan {
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let dependencies = (0..<count).map { index in
      index > 0 && index % 10 == 0 ? Set((0..<3).map { _ in String(next(index)) }).sorted() : []
    }
    return try GroupPlan(keys: (0..<count).map(String.init), dependencies: dependencies)
  }

  private static func run(_ plan: GroupPlan, slots: Int) {
    var group = GroupState(plan: plan)
    var scheduler = SchedulerState<Int>(slots: slots)
    var running: [Int] = []
    var head = 0
    let tails = BottomLevels.ranks(plan, .init(repeating: 1, count: plan.keys.count))
    func perform(_ actions: [GroupState.Action]) {
      for case .start(let index, _) in actions {
        let claim = SchedulerState<Int>.Claim(
          caps: [.pool, .group("g")], rank: Rank(since: 0, tail: tails[index], order: index))
        running += scheduler.enter(index, claim)
      }
    }
    perform(group.begin())
    while head < running.count {
      let index = running[head]
      head += 1
      running += scheduler.leave(index)
      perform(group.taskEnded(index, .succeeded))
    }
    precondition(group.isOver && head == plan.keys.count, "tasks are left")
  }
}
