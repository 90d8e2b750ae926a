import Models
import Synchronization
import Testing
import WireText

@testable import Agents

@Suite(.timeLimit(.minutes(2))) struct SteerAndCancelTests {
  /// An agent that passes numbered points; at one of them something happens.
  private final class Points: Sendable {
    private let state = Mutex((passed: 0, at: -1, act: nil as (@Sendable () -> Void)?))

    func set(_ point: Int, _ act: @escaping @Sendable () -> Void) { state.withLock { $0 = (0, point, act) } }

    func pass() async {
      let act = state.withLock { state in
        defer { state.passed += 1 }
        return state.passed == state.at ? state.act : nil
      }
      act?()
      await Task.yield()
    }

    var passed: Int { state.withLock { $0.passed } }
  }

  private final class Diary: Sendable {
    private let list = Mutex<[AgentEvent]>([])
    func add(_ event: AgentEvent) { list.withLock { $0.append(event) } }
    var events: [AgentEvent] { list.withLock { $0 } }
  }

  /// Two turns with calls of all kinds, then an answer; every place where it waits is a point.
  private func agent(_ points: Points, _ diary: Diary) -> AgentRun {
    let model = Mutex(0)
    func tool(_ name: String, _ kind: ToolKind) -> AgentTool {
      AgentTool(ModelTool(name: name, description: "", schema: [:]), kind: kind) { _, context in
        await points.pass()
        context.tell("half way")
        await points.pass()
        return Task.isCancelled ? .failure("cancelled") : ToolOutcome("ok")
      }
    }
    let order = AgentOrder(
      prompt: "p", tools: [tool("r", .reads), tool("w", .writes)],
      permissions: PermissionPolicy([PermissionRule(tool: "w", .ask)]))
    @Sendable func turn(_ request: ModelRequest, _ onEvents: @Sendable ([ModelEvent]) async -> Void)
      async throws(ModelFailure)
      -> ModelTurn
    {
      await points.pass()
      if Task.isCancelled { throw .cancelled }
      let number = model.withLock { number in
        number += 1
        return number
      }
      await onEvents([.text("word ")])
      await points.pass()
      if Task.isCancelled { throw .cancelled }
      guard number <= 2 else { return ScriptedModel.turn([.text("done")]) }
      let calls = ["r", "r", "w", "r"].enumerated().map { place, name in
        MessagePart.toolCall(ToolCall(id: "\(number)-\(place)", name: name, arguments: "{\"n\":\(number)}"))
      }
      return ScriptedModel.turn(calls, stop: .toolUse)
    }
    return AgentRun(
      order,
      AgentSurroundings(
        turn: turn, window: { 100_000 },
        permit: { _ in
          await points.pass()
          return .allow
        },
        tell: { event in
          diary.add(event)
          await points.pass()
        }))
  }

  @Test func cancellingAtAnyPointEndsInTimeWithEachCallAnswered() async {
    let points = Points()
    points.set(-1) {}
    _ = await agent(points, Diary()).run()
    let count = points.passed
    #expect(count > 30)
    for point in 0..<count {
      let diary = Diary()
      let run = agent(points, diary)
      let holder = Mutex<Task<AgentEnd, Never>?>(nil)
      points.set(point) { holder.withLock { $0?.cancel() } }
      let (gate, open) = AsyncStream.makeStream(of: Void.self)
      let task = Task { () -> AgentEnd in
        for await _ in gate { break }
        return await run.run()
      }
      holder.withLock { $0 = task }
      open.yield()
      let end = await task.value
      // A cancellation behind the last request may come too late.
      if case .cancelled? = end.failure {} else { #expect(end.answer == "done", "point \(point)") }
      var called: [String] = []
      var answered: [String] = []
      for event in diary.events {
        if case .toolCalled(let call) = event { called.append(call.id) }
        if case .toolAnswered(let report) = event { answered.append(report.result.callID) }
      }
      #expect(called.sorted() == answered.sorted(), "point \(point)")
      #expect(called.count % 4 == 0, "point \(point)")
      #expect(run.steer("too late") == false)
    }
  }

  @Test func wordsJoinAtEveryPointOrAreToldToBeLate() async {
    let points = Points()
    points.set(-1) {}
    _ = await agent(points, Diary()).run()
    let count = points.passed
    for point in 0..<count {
      let diary = Diary()
      let run = agent(points, diary)
      let isTaken = Mutex(false)
      points.set(point) { isTaken.withLock { $0 = run.steer("look at b") } }
      let end = await run.run()
      #expect(end.answer == "done")
      let joined = diary.events.contains(.steered("look at b"))
      #expect(isTaken.withLock { $0 } == (joined || end.unheard == ["look at b"]), "point \(point)")
      #expect(!(joined && !end.unheard.isEmpty))
    }
  }

  @Test func wordsDuringTheLastAnswerAreStillHeard() async {
    let holder = Mutex<AgentRun?>(nil)
    let model = ScriptedModel([
      ScriptedModel.decides { _ in
        _ = holder.withLock { $0 }?.steer("and b?")
        return ScriptedModel.turn([.text("a")])
      }, ScriptedModel.says("a and b"),
    ])
    let run = AgentRun(AgentOrder(prompt: "p"), model.surroundings)
    holder.withLock { $0 = run }
    let end = await run.run()
    #expect(end.answer == "a and b")
    #expect(model.requests[1].messages == [.user("p"), .assistant("a"), .user("and b?")])
    holder.withLock { $0 = nil }
  }

  @Test func aToolThatDoesNotListenIsLeft() async {
    let (never, end) = AsyncStream.makeStream(of: Void.self)
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      await PatientCall.run(patience: .milliseconds(50)) {
        start.yield()
        await Task { for await _ in never { break } }.value
        return ToolOutcome("too late")
      }
    }
    for await _ in started { break }
    task.cancel()
    let outcome = await task.value
    #expect(outcome.isError && outcome.text.contains("left to itself"))
    end.yield()
  }

  @Test func aToolThatRunsIsCancelled() async {
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let tool = AgentTool(ModelTool(name: "t", description: "", schema: [:]), kind: .reads) { _, _ in
      start.yield()
      do {
        try await Task.sleep(for: .seconds(600))
        return ToolOutcome("slept")
      } catch {
        return .failure("cancelled")
      }
    }
    let model = ScriptedModel([ScriptedModel.calls(("t", "{}"), ("t", "{}"))])
    let run = AgentRun(AgentOrder(prompt: "p", tools: [tool]), model.surroundings)
    let task = Task { await run.run() }
    for await _ in started { break }
    task.cancel()
    #expect(await task.value.failure == .cancelled)
    #expect(model.reports.count == 2)
  }
}
