import FoundationEssentials
import Testing

@testable import Jobs

@Suite struct DecisionTests {
  private func decision(_ run: RunID, _ question: String = "Deploy?", _ options: [String] = []) -> DecisionRecord {
    var decision = DecisionRecord(run: run, question: question)
    decision.options = options
    return decision
  }

  @Test func ADecisionIsReadBackAsItWasAskedAndSettled() throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    var asked = decision(run, "Which\none?", ["a", "b"])
    asked.job = try JobID(validating: "job")
    asked.origin = "x.lua:3"
    asked.defaultAnswer = "b"
    asked.blocking = ["api"]
    asked.dueAt = Timestamp(milliseconds: 5)
    try registry.ask(asked)
    #expect(try registry.decision(asked.id) == asked)
    #expect(try registry.decisions(open: true, run: run) == [asked])
    let settled = try #require(try registry.settle(asked.id, as: .answered, answer: "a", by: "cli"))
    #expect(settled.isFirst && settled.record.answer == "a" && settled.record.status == .answered)
    #expect(try registry.decisions(open: true).isEmpty)
    #expect(try registry.decisions(open: false) == [settled.record])
    #expect(try registry.settle(.random(), as: .answered, answer: "a", by: nil) == nil)
    let events = try registry.events(since: 0)
    #expect(events.map(\.kind) == [.asked, .settled] && events.map(\.text) == ["Which\none?", "a"])
    #expect(events.allSatisfy { $0.job == nil && $0.run == run })
    registry.close()
  }

  @Test func OfTwoAnswersTheFirstCounts() throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    let asked = decision(run)
    try registry.ask(asked)
    let other = try Registry.open(folder.state)
    _ = try other.settle(asked.id, as: .answered, answer: "yes", by: "one")
    let late = try #require(try registry.settle(asked.id, as: .default, answer: "no", by: "two"))
    #expect(!late.isFirst && late.record.answer == "yes" && late.record.answeredBy == "one")
    other.close()
    registry.close()
  }

  @Test func TheEndOfARunWithdrawsWhatIsNotParked() throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    let gone = decision(run, "first")
    try registry.ask(gone)
    let second = RunRecord(script: nil, cwd: "/")
    try registry.begin(run: second)
    let kept = decision(second.id, "second")
    try registry.ask(kept)
    #expect(try registry.park(run: second.id).map(\.id) == [kept.id])
    try registry.end(run: run, status: .completed, exitCode: 0)
    try registry.end(run: second.id, status: .failed, exitCode: 3)
    #expect(try registry.decision(gone.id)?.status == .withdrawn)
    #expect(try registry.decision(kept.id)?.status == .open)
    #expect(try registry.decisions(open: true).map(\.isParked) == [true])
    registry.close()
    let text = try folder.contents(folder.state.path + "/.gitignore")
    #expect(text.hasPrefix("*\n") && !text.contains("decisions"))
  }

  @Test func AnAnswerIsMeantByItsTextOrItsNumber() throws {
    let run = RunID.random()
    var asked = decision(run, "?", ["Skip and continue", "Simplify", "2"])
    #expect(try asked.meaning(of: " simplify \n") == "Simplify")
    #expect(try asked.meaning(of: "1") == "Skip and continue")
    #expect(try asked.meaning(of: "2") == "2", "a text goes before a number")
    for wrong in ["4", "0", "Skip", ""] {
      #expect(throws: DecisionRecord.Refusal.self) { try asked.meaning(of: wrong) }
    }
    asked.defaultAnswer = "Simplify"
    #expect(try asked.meaning(of: "  ") == "Simplify")
    #expect(try decision(run).meaning(of: " any text ") == "any text")
  }

  @Test func TheFilesShowWhatIsAskedAndWhatIsToDo() async throws {
    struct Shown: Decodable {
      struct Entry: Decodable {
        let id: String, question: String, options: [String], blocking: [String], answer: String?
      }
      let pending: [Entry]
      let resolved: [Entry]
    }
    struct State: Decodable {
      struct Pool: Decodable { let queue: [Waiting] }
      struct Waiting: Decodable { let priority: Double, dependencies: [String] }
      struct Active: Decodable { let timeout: Int? }
      let todo: [TodoItem]
      let active_agents: [Active]
      let agent_pool: Pool
    }
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    registry.keepStateView(run: run, maxConcurrent: 4)
    let items = [TodoItem(content: "Build", status: .inProgress, activeForm: "Building \"it\"")]
    registry.note(todo: [], of: run)
    registry.note(todo: items, of: run)
    registry.note(phase: "one", of: run)
    registry.note(phase: "two", of: run)
    registry.note(phase: "one", of: run)
    let first = decision(run, "A?", ["x", "y"]), second = decision(run, "B?")
    try registry.ask(first)
    try registry.ask(second)
    _ = try registry.settle(first.id, as: .answered, answer: "x", by: "cli")
    var draft = JobRecord(id: try JobID(validating: "slow"), run: run, kind: .command)
    draft.timeoutMs = 600_000
    var state = JobState(submitting: draft, isReady: true, at: .now())
    try await registry.commit([state.submission])
    try await registry.commit([state.apply(.started(pid: 1, pidStarted: 1), at: .now())])
    draft = JobRecord(id: try JobID(validating: "next"), run: run, kind: .command)
    draft.priority = 2
    draft.dependencies = [state.record.id]
    try await registry.commit([JobState(submitting: draft, isReady: false, at: .now()).submission])
    registry.close()
    let path = folder.state.path
    #expect(folder.mode(path + "/decisions.json") == 0o600)
    let shown = try JSONDecoder().decode(Shown.self, from: Data(contentsOf: URL(filePath: path + "/decisions.json")))
    #expect(shown.pending.map(\.question) == ["B?"] && shown.resolved.map(\.answer) == ["x"])
    #expect(shown.resolved[0].options == ["x", "y"] && shown.resolved[0].blocking == [])
    let told = try JSONDecoder().decode(State.self, from: Data(contentsOf: URL(filePath: path + "/state.json")))
    #expect(told.todo == items)
    #expect(told.active_agents.map(\.timeout) == [600_000])
    #expect(told.agent_pool.queue.map(\.priority) == [2] && told.agent_pool.queue[0].dependencies == ["slow"])
    let reopened = try Registry.open(folder.state)
    #expect(try reopened.todo(of: run) == items && reopened.phases(of: run) == ["one", "two"])
    let kinds = try reopened.events(since: 0, run: run).map(\.kind).filter { $0 == .todo || $0 == .phase }
    #expect(kinds == [.todo, .todo, .phase, .phase])
    reopened.close()
  }

  @Test func TheFilesAreWrittenOnceASecondAtMost() async throws {
    let folder = try TemporaryFolder()
    try folder.state.create()
    let path = folder.state.path + "/state.json"
    let view = StateView(folder.state) { [ViewFile(name: "state.json", text: "\(Moment.now().monotonic)")] }
    var writings: Set<String> = []
    let began = Moment.now()
    while Moment.now().millisecondsSince(began) < 1600 {
      view.note()
      if let text = try? folder.contents(path) { writings.insert(text) }
      try await Task.sleep(for: .milliseconds(5))
    }
    let times = writings.compactMap { UInt64($0) }.sorted()
    #expect(times.count >= 1)
    for (a, b) in zip(times, times.dropFirst()) { #expect(b - a > 900_000_000) }
    // The last one does not wait.
    view.note()
    let before = Moment.now().monotonic
    view.flush()
    #expect(UInt64(try folder.contents(path)) ?? 0 >= before)
  }
}
