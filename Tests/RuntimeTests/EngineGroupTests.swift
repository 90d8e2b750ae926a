import Jobs
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
    _ tasks: [(String, [String])], rules: [TaskRule]? = nil, failsFast: Bool = false, fallsBack: Bool = false
  ) throws -> GroupState {
    GroupState(
      plan: try GroupPlan(keys: tasks.map(\.0), dependencies: tasks.map(\.1)), rules: rules, failsFast: failsFast,
      fallsBack: fallsBack)
  }

  private func start(_ index: Int) -> GroupState.Action { .start(index, isSpeculative: false) }

  @Test func aTaskStartsWhenItsOwnDependenciesHaveEnded() throws {
    var group = try state([("slow", []), ("fast", []), ("after", ["fast"]), ("last", ["slow", "after"])])
    #expect(group.begin() == [start(0), start(1)])
    #expect(group.taskEnded(1, .succeeded) == [start(2)], "a wave is no barrier")
    #expect(group.taskEnded(2, .succeeded) == [])
    #expect(group.taskEnded(0, .succeeded) == [start(3)])
    #expect(!group.isOver)
    #expect(group.taskEnded(3, .succeeded) == [])
    #expect(group.isOver)
  }

  @Test func dependentsOfAFailedTaskAreSkippedAndTheRestRuns() throws {
    var group = try state([("a", []), ("b", ["a"]), ("c", ["b"]), ("d", [])])
    #expect(group.begin() == [start(0), start(3)])
    #expect(group.taskEnded(0, .failed) == [.skip(1, .dependency(0)), .skip(2, .dependency(1))])
    #expect(group.taskEnded(3, .succeeded) == [])
    #expect(group.isOver)
  }

  @Test func failFastCancelsWhatIsActiveAndSkipsTheRest() throws {
    var group = try state([("a", []), ("b", []), ("d", ["a"]), ("e", ["b"])], failsFast: true)
    #expect(group.begin() == [start(0), start(1)])
    #expect(
      group.taskEnded(0, .failed) == [.skip(2, .dependency(0)), .cancel(1, because: 0), .skip(3, .failFast(0))])
    #expect(group.taskEnded(1, .failed) == [])
    #expect(group.isOver)
  }

  @Test func stoppingSkipsWhatHasNotBegun() throws {
    var group = try state([("a", []), ("b", ["a"])])
    _ = group.begin()
    #expect(group.stop() == [.skip(1, .stopped)])
    #expect(group.stop() == [])
    #expect(group.taskEnded(0, .succeeded) == [])
    #expect(group.isOver)
  }

  /// What becomes of a task with each rule, after the ends of two others: started, skipped as failed, or passed over.
  @Test(arguments: [
    (TriggerRule.allSuccess, "ss:start sf:skip sp:over ff:skip pp:over fp:skip"),
    (.allDone, "ss:start sf:start sp:start ff:start pp:start fp:start"),
    (.oneSuccess, "ss:start sf:start sp:start ff:skip pp:over fp:skip"),
    (.noneFailedMinOneSuccess, "ss:start sf:skip sp:start ff:skip pp:over fp:skip"),
  ]) func aTriggerRuleDecidesByTheEndsOfTheDependencies(_ trigger: TriggerRule, _ table: String) throws {
    for entry in table.split(separator: " ") {
      let parts = entry.split(separator: ":")
      for ends in [parts[0], Substring(String(parts[0].reversed()))] {
        var rule = TaskRule()
        rule.trigger = trigger
        var asked = TaskRule()
        asked.hasCondition = true
        var group = try state([("a", []), ("b", []), ("c", ["a", "b"])], rules: [asked, asked, rule])
        #expect(group.begin() == [.ask(0), .ask(1)])
        var actions: [GroupState.Action] = []
        for (index, end) in ends.enumerated() {
          if end == "p" {
            actions += group.answered(index, isWanted: false)
          } else {
            #expect(group.answered(index, isWanted: true) == [start(index)])
            actions += group.taskEnded(index, end == "s" ? .succeeded : .failed)
          }
        }
        let verdict = actions.compactMap { action -> String? in
          switch action {
          case .start(2, _): "start"
          case .skip(2, .dependency): "skip"
          case .skip(2, .passedOver): "over"
          default: nil
          }
        }
        #expect(verdict == [String(parts[1])], "\(trigger) after \(ends)")
      }
    }
  }

  @Test func oneSuccessDoesNotWaitForTheOthers() throws {
    var rule = TaskRule()
    rule.trigger = .oneSuccess
    var group = try state([("a", []), ("b", []), ("c", ["a", "b"])], rules: [TaskRule(), TaskRule(), rule])
    _ = group.begin()
    #expect(group.taskEnded(1, .succeeded) == [start(2)])
    #expect(group.taskEnded(2, .succeeded) == [])
    #expect(group.taskEnded(0, .failed) == [])
    #expect(group.isOver)
  }

  @Test func aSpeculativeTaskStartsAtOnceAndIsConfirmedOrRevoked() throws {
    var rule = TaskRule()
    rule.isSpeculative = true
    let tasks: [(String, [String])] = [("review", []), ("tests", ["review"]), ("report", ["tests"])]
    var group = try state(tasks, rules: [TaskRule(), rule, TaskRule()])
    #expect(group.begin() == [start(0), .start(1, isSpeculative: true)])
    #expect(group.holds(1) && !group.holds(0))
    #expect(group.taskEnded(0, .succeeded) == [.confirm(1)])
    #expect(!group.holds(1))
    #expect(group.taskEnded(1, .succeeded) == [start(2)])

    group = try state(tasks, rules: [TaskRule(), rule, TaskRule()])
    _ = group.begin()
    #expect(group.taskEnded(0, .failed) == [.revoke(1, .dependency(0))])
    #expect(group.taskEnded(1, .failed) == [.skip(2, .dependency(1))])
    #expect(group.isOver)
  }

  @Test func whatFailsBesideOthersIsTriedAloneOnceNothingElseRuns() throws {
    var group = try state([("a", []), ("b", []), ("c", []), ("d", ["b"])], fallsBack: true)
    _ = group.begin()
    #expect(group.defers(1))
    #expect(group.taskDeferred(1) == [])
    #expect(group.taskDeferred(0) == [])
    #expect(group.taskEnded(2, .succeeded) == [.goSequential, start(0), start(1)], "in the order of the list")
    #expect(!group.defers(0), "a second failure is one")
    #expect(group.taskEnded(0, .failed) == [])
    #expect(group.taskEnded(1, .succeeded) == [start(3)])
    #expect(group.taskEnded(3, .succeeded) == [])
    #expect(group.isOver)
  }
}

@Suite struct EngineGroupMembersTests {
  /// A member that was cancelled, and whose end is not on the disk yet, is not started by the end of its dependency.
  @Test func whatWasCancelledIsNotStartedWhileItsEndIsRecorded() throws {
    let run = RunRecord(script: "t.lua", cwd: "/")
    var state = EngineState(
      run: run, directory: StateDirectory(path: "/nowhere"), slots: 2, machine: .ofThisProcess, secrets: RunSecrets())
    var first = TaskSpec(work: .arguments(["true"]))
    first.name = "first"
    let group = GroupSpec(members: [
      .init(key: "a", spec: first), .init(key: "b", spec: first, dependencies: ["a"]),
    ])
    let plan = try GroupPlan(keys: ["a", "b"], dependencies: [[], ["a"]])
    let records = state.drafts(group, plan)
    let states = zip(records, [true, false]).map { JobState(submitting: $0, isReady: $1, at: .now()) }
    let live = LiveGroup(group, plan: plan, ids: records.map(\.id), keys: ["a", "b"], durations: [nil, nil])
    state.take(live, id: "g", group, states, given: [:])
    #expect(state.jobs[records[0].id]?.phase == .active)
    state.cancel(records[1].id, LiveJob.Wish(kind: .request, by: "test", reason: "enough"))
    #expect(state.jobs[records[1].id]?.phase == .ending)
    state.step(records[0].id, .started(pid: 1, pidStarted: 1))
    var ended = try #require(state.jobs[records[0].id]).state
    state.end(records[0].id, .completed())
    state.ended(records[0].id, ended.apply(.ended(.completed()), at: .now()).record)
    #expect(state.jobs[records[1].id]?.phase == .ending)
    #expect(state.scheduler.holderCount == 0 && state.scheduler.waitingCount == 0)
  }
}
