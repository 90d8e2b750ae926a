/// How much follows each task of a group.
enum BottomLevels {
  /// For each task the longest way from its start to the group's end, in the unit of the durations, its own included. Of
  /// tasks that may start, the one with the longest way first: what holds up the most is not put off.
  static func ranks(_ plan: GroupPlan, _ durations: [Double]) -> [Double] {
    precondition(durations.count == plan.keys.count, "\(durations.count) durations of \(plan.keys.count) tasks")
    var ranks = durations
    for wave in plan.waves.reversed() {
      for task in wave {
        ranks[task] = durations[task] + (plan.dependents[task].lazy.map { ranks[$0] }.max() ?? 0)
      }
    }
    return ranks
  }

  /// A longest way through the group, from a task that waits for nothing.
  static func criticalPath(_ plan: GroupPlan, ranks: [Double]) -> [Int] {
    var path: [Int] = []
    var next = plan.waves.first.flatMap { longest($0, ranks) }
    while let task = next {
      path.append(task)
      next = longest(plan.dependents[task], ranks)
    }
    return path
  }

  /// The first of those with the longest way.
  private static func longest(_ tasks: [Int], _ ranks: [Double]) -> Int? {
    tasks.reduce(nil as Int?) { best, task in best.map { ranks[$0] >= ranks[task] } == true ? best : task }
  }
}
