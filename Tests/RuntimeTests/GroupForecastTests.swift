import Testing

@testable import Runtime

@Suite struct GroupForecastTests {
  private func plan(_ tasks: [(String, [String])]) throws -> GroupPlan {
    try GroupPlan(keys: tasks.map(\.0), dependencies: tasks.map(\.1))
  }

  @Test func tasksRunSideBySideAsFarAsThereAreSlots() throws {
    var question = GroupForecast.Question(
      plan: try plan([("a", []), ("b", []), ("c", []), ("d", ["a", "c"])]), slots: 2)
    question.durations = [30, 10, 20, 5]
    let forecast = GroupForecast(question)
    #expect(forecast.isTimed && forecast.knownCount == 4)
    #expect(forecast.starts == [0, 20, 0, 30], "of those that may start, the longest way first")
    #expect(forecast.makespan == 35)
    #expect(forecast.criticalPath == [0, 3] && forecast.criticalLength == 35)
    question.limit = 1
    #expect(GroupForecast(question).makespan == 65)
  }

  @Test func anUnknownTaskCountsAsTheMedianOfTheKnown() throws {
    var question = GroupForecast.Question(plan: try plan([("a", []), ("b", []), ("c", []), ("d", [])]), slots: 9)
    question.durations = [10, nil, 500, 20]
    #expect(GroupForecast(question).durations == [10, 20, 500, 20])
    question.durations = .init(repeating: nil, count: 4)
    let forecast = GroupForecast(question)
    #expect(!forecast.isTimed && forecast.durations == [1, 1, 1, 1] && forecast.makespan == 1)
  }

  @Test func functionsTakeNoSlot() throws {
    var question = GroupForecast.Question(plan: try plan([("a", []), ("b", []), ("c", [])]), slots: 1)
    question.durations = [10, 10, 10]
    #expect(GroupForecast(question).makespan == 30)
    question.needsSlot = [true, false, false]
    #expect(GroupForecast(question).makespan == 10)
  }

  @Test func whatIsInTheWayOfEachOtherRunsOneAfterTheOther() throws {
    var question = GroupForecast.Question(plan: try plan((0..<40).map { ("t\($0)", []) }), slots: 100)
    question.durations = .init(repeating: 10, count: 40)
    let access = PathAccess(writes: [try GlobPattern("out", in: "/w")])
    question.conflicts = try ConflictGraph([access, PathAccess(), access])
    #expect(GroupForecast(question).makespan == 20)
    question.conflicts = try ConflictGraph(.init(repeating: access, count: 40))
    #expect(question.conflicts?.crowds.count == 1)
    #expect(GroupForecast(question).makespan == 400)
  }

  @Test func anEmptyGroupTakesNoTime() throws {
    let forecast = GroupForecast(.init(plan: try plan([]), slots: 1))
    #expect(forecast.makespan == 0 && forecast.criticalPath.isEmpty)
  }

  /// No start before the dependencies' ends, never more than there are slots, no two that exclude each other; and never
  /// longer than the bound of list scheduling, where nothing excludes anything.
  @Test(arguments: 0..<60) func theForecastKeepsTheRules(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let count = Int.random(in: 1...40, using: &random)
    let dependencies = (0..<count).map { index in
      (0..<index).filter { _ in Int.random(in: 0..<count, using: &random) < 2 }.map { "t\($0)" }
    }
    let slots = Int.random(in: 1...6, using: &random)
    var question = GroupForecast.Question(
      plan: try GroupPlan(keys: (0..<count).map { "t\($0)" }, dependencies: dependencies), slots: slots)
    question.durations = (0..<count).map { _ in Double(Int.random(in: 1...20, using: &random)) }
    let hasConflicts = seed % 2 == 0
    if hasConflicts {
      question.conflicts = try ConflictGraph(
        (0..<count).map { _ in
          PathAccess(writes: [try GlobPattern("f\(Int.random(in: 0..<count, using: &random))", in: "/w")])
        })
    }
    let forecast = GroupForecast(question)
    let ends = zip(forecast.starts, forecast.durations).map { $0 + $1 }
    for (task, dependencies) in question.plan.dependencies.enumerated() {
      #expect(dependencies.allSatisfy { ends[$0] <= forecast.starts[task] })
      #expect(
        question.plan.keys.indices.count {
          forecast.starts[$0] <= forecast.starts[task] && ends[$0] > forecast.starts[task]
        } <= slots)
    }
    for pair in question.conflicts?.pairs ?? [] {
      let (one, other) = (pair.first.task, pair.second.task)
      #expect(ends[one] <= forecast.starts[other] || ends[other] <= forecast.starts[one])
    }
    let work = forecast.durations.reduce(0, +)
    #expect(forecast.makespan >= max(forecast.criticalLength, work / Double(slots)))
    if !hasConflicts {
      #expect(forecast.makespan <= work / Double(slots) + forecast.criticalLength)
    }
  }
}
