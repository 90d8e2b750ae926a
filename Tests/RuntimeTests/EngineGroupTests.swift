import Testing

@testable import Runtime

@Suite struct EngineGroupPlanTests {
  private func fault(_ tasks: [(String, [String])]) -> String? {
    do {
      _ = try GroupPlan(keys: tasks.map(\.0), dependencies: tasks.map(\.1))
      return nil
    } catch {
      return error.description
    }
  }

  @Test func wavesAreTheDepthsOfTheGraph() throws {
    let plan = try GroupPlan(
      keys: ["review", "ui", "api", "tests"], dependencies: [["tests"], [], [], ["api", "ui"]])
    #expect(plan.waves == [[1, 2], [3], [0]])
    #expect(plan.dependents[1] == [3])
    #expect(try GroupPlan(keys: [], dependencies: []).waves == [])
  }

  @Test func faultsNameTheTasks() {
    #expect(fault([("a", []), ("b", []), ("a", [])]) == "two tasks of the group have the id 'a'")
    #expect(fault([("a", ["a"])]) == "task 'a' depends on itself")
    #expect(
      fault([("lint", []), ("test", ["lnt"])])
        == "task 'test' depends on 'lnt', which is no task of the group (it has 'lint', 'test')")
    #expect(fault([("a", []), ("b", ["a", "a"])]) == "task 'b' names its dependency 'a' twice")
    #expect(fault([("a", []), ("b", ["a"])]) == nil)
  }

  @Test func aCycleIsShownWithItsWholePath() {
    let tasks = [("start", []), ("a", ["start", "c"]), ("b", ["a"]), ("c", ["b"]), ("after", ["c"])]
    #expect(
      fault(tasks) == "the tasks of the group wait for each other in a circle: 'a' → 'c' → 'b' → 'a'")
  }

  @Test(arguments: 0..<60) func everyRandomCycleIsFoundAndIsOne(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let count = Int.random(in: 2...30, using: &random)
    var dependencies = (0..<count).map { _ in
      (0..<count).filter { _ in Int.random(in: 0..<count, using: &random) < 2 }
    }
    for index in dependencies.indices { dependencies[index].removeAll { $0 == index } }
    let keys = (0..<count).map { "t\($0)" }
    switch Result(catching: { () throws(GroupError) in
      try GroupPlan(keys: keys, dependencies: dependencies.map { $0.map { keys[$0] } })
    }) {
    case .success(let plan):
      #expect(plan.waves.flatMap { $0 }.sorted() == Array(0..<count))
      var wave = [Int](repeating: 0, count: count)
      for (number, members) in plan.waves.enumerated() { for member in members { wave[member] = number } }
      for index in 0..<count {
        #expect(wave[index] == (dependencies[index].map { wave[$0] + 1 }.max() ?? 0))
      }
    case .failure(.cycle(let path)):
      #expect(path.count >= 3 && path.first == path.last)
      for (task, next) in zip(path, path.dropFirst()) {
        let index = try #require(keys.firstIndex(of: task))
        #expect(dependencies[index].map { keys[$0] }.contains(next), "\(task) waits for \(next)")
      }
    case .failure(let other):
      Issue.record(other)
    }
  }
}

@Suite struct EngineGroupStateTests {
  private func state(
    _ tasks: [(String, [String])], limit: Int? = nil, failsFast: Bool = false
  ) throws -> GroupState {
    GroupState(
      plan: try GroupPlan(keys: tasks.map(\.0), dependencies: tasks.map(\.1)), limit: limit, failsFast: failsFast)
  }

  @Test func aTaskStartsWhenItsOwnDependenciesHaveEnded() throws {
    var group = try state([("slow", []), ("fast", []), ("after", ["fast"]), ("last", ["slow", "after"])])
    #expect(group.begin() == [.start(0), .start(1)])
    #expect(group.taskEnded(1, succeeded: true) == [.start(2)], "a wave is no barrier")
    #expect(group.taskEnded(2, succeeded: true) == [])
    #expect(group.taskEnded(0, succeeded: true) == [.start(3)])
    #expect(!group.isOver)
    #expect(group.taskEnded(3, succeeded: true) == [])
    #expect(group.isOver)
  }

  @Test func dependentsOfAFailedTaskAreSkippedAndTheRestRuns() throws {
    var group = try state([("a", []), ("b", ["a"]), ("c", ["b"]), ("d", [])])
    #expect(group.begin() == [.start(0), .start(3)])
    #expect(
      group.taskEnded(0, succeeded: false) == [.skip(1, .dependency(0)), .skip(2, .dependency(1))])
    #expect(group.taskEnded(3, succeeded: true) == [])
    #expect(group.isOver)
  }

  @Test func failFastCancelsWhatRunsAndSkipsTheRest() throws {
    var group = try state(
      [("a", []), ("b", []), ("c", []), ("d", ["a"]), ("e", ["b"])], limit: 2, failsFast: true)
    #expect(group.begin() == [.start(0), .start(1)])
    #expect(
      group.taskEnded(0, succeeded: false)
        == [.skip(3, .dependency(0)), .cancel(1, because: 0), .skip(2, .failFast(0)), .skip(4, .failFast(0))])
    #expect(group.taskEnded(1, succeeded: false) == [])
    #expect(group.isOver)
  }

  @Test func oneAtATimeKeepsTheOrderOfTheList() throws {
    var group = try state([("a", ["c"]), ("b", []), ("c", []), ("d", [])], limit: 1)
    #expect(group.begin() == [.start(1)])
    #expect(group.taskEnded(1, succeeded: true) == [.start(2)])
    #expect(group.taskEnded(2, succeeded: true) == [.start(0)], "the first of the list that may run")
    #expect(group.taskEnded(0, succeeded: false) == [.start(3)])
    #expect(group.taskEnded(3, succeeded: true) == [])
    #expect(group.isOver)
  }

  @Test func stoppingSkipsWhatHasNotBegun() throws {
    var group = try state([("a", []), ("b", ["a"])])
    _ = group.begin()
    #expect(group.stop() == [.skip(1, .stopped)])
    #expect(group.stop() == [])
    #expect(group.active == [0])
    #expect(group.taskEnded(0, succeeded: true) == [])
    #expect(group.isOver)
  }

  /// Random graphs, limits and failures: every task ends once, none starts early, never are too many active.
  @Test(arguments: 0..<80) func everyTaskEndsExactlyOnce(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let count = Int.random(in: 1...40, using: &random)
    let dependencies = (0..<count).map { index in
      (0..<index).filter { _ in Int.random(in: 0..<count, using: &random) < 3 }
    }
    let limit = Bool.random(using: &random) ? Int.random(in: 1...5, using: &random) : nil
    let failsFast = Bool.random(using: &random)
    let stopsAt = Int.random(in: 0..<(2 * count), using: &random)
    let keys = (0..<count).map(String.init)
    let plan = try GroupPlan(keys: keys, dependencies: dependencies.map { $0.map(String.init) })
    var group = GroupState(plan: plan, limit: limit, failsFast: failsFast)
    var outcome = [Bool?](repeating: nil, count: count)
    var active: [Int] = []
    var firstFailure: Int?
    func take(_ actions: [GroupState.Action]) {
      for action in actions {
        switch action {
        case .start(let index):
          #expect(dependencies[index].allSatisfy { outcome[$0] == true })
          #expect(outcome[index] == nil && !active.contains(index))
          active.append(index)
        case .skip(let index, let cause):
          #expect(outcome[index] == nil && !active.contains(index))
          outcome[index] = false
          if case .dependency(let other) = cause { #expect(outcome[other] == false) }
        case .cancel(let index, let because):
          #expect(active.contains(index) && failsFast && because == firstFailure)
        }
      }
      #expect(active.count <= limit ?? Int.max)
      #expect(group.running == active.count)
    }
    take(group.begin())
    var steps = 0
    while !active.isEmpty {
      if steps == stopsAt { take(group.stop()) }
      steps += 1
      let index = active.remove(at: Int.random(in: 0..<active.count, using: &random))
      let succeeded = Int.random(in: 0..<6, using: &random) > 0
      outcome[index] = succeeded
      if !succeeded, firstFailure == nil { firstFailure = index }
      take(group.taskEnded(index, succeeded: succeeded))
    }
    #expect(group.isOver)
    #expect(outcome.allSatisfy { $0 != nil })
  }
}
