import Testing
import WireText

@testable import Models

@Suite struct ModelSessionTests {
  @Test func AnAnswerComesWithItsModelAndItsCost() async throws {
    let world = DeskWorld(MockReply([.text("an answer")], usage: TokenUsage(input: 1000, output: 200)))
    let session = try await world.session()
    let pieces = Log<String>()
    let turn = try await session.turn(DeskWorld.question) { events in
      for case .text(let text) in events { pieces.add(text) }
    }
    #expect(turn.reply.text == "an answer" && pieces.items.joined() == "an answer")
    #expect(turn.reply.model == "small" && turn.model.description == "anthropic/small")
    #expect(turn.usage == TokenUsage(input: 1000, output: 200) && turn.cost == Money(dollars: 0.002))
    #expect(world.words == ["chosen anthropic/small", "spent 1200 $0.0020 anthropic/small"])
    let spent = world.desk.spent("run")
    #expect(spent.calls == 1 && spent.cost == Money(dollars: 0.002) && spent.unpricedCalls == 0)
  }

  @Test(.timeLimit(.minutes(1))) func WhatPassesIsAskedAgainAndThenTheNextModelIs() async throws {
    let world = DeskWorld(.fails(500), .fails(500), .text("at last"))
    let session = try await world.session(retries: 1)
    let turn = try await session.turn(DeskWorld.question)
    #expect(turn.reply.text == "at last" && turn.model.description == "openai/other")
    #expect(
      world.words.dropLast() == ["chosen anthropic/small", "retries server", "falls openai/other server"])
    #expect(session.model.name.description == "openai/other" && session.failures.count == 2)
  }

  @Test(.timeLimit(.minutes(1))) func RefusalsOfRateWaitAtTheGateAndUseUpNoRetry() async throws {
    let refusal = MockReply.fails(429, "rate_limit_error", after: .milliseconds(20))
    let world = DeskWorld(refusal, refusal, refusal, refusal, refusal, .text("at last"))
    let session = try await world.session(retries: 0)
    #expect(try await session.turn(DeskWorld.question).reply.text == "at last")
    #expect(session.failures.isEmpty && world.words.contains("waits rate_limited"))
    let last = world.words.suffix(2)
    #expect(last.first == "goes on" && last.last?.hasPrefix("spent") == true)
  }

  @Test func AfterTheFirstWordATaskBeginsAnewWithTheNextModel() async throws {
    let world = DeskWorld(MockReply([.text("half an ans"), .cut]), .text("whole"))
    let session = try await world.session(retries: 0)
    let failure = await #expect(throws: ModelFailure.self) { try await session.turn(DeskWorld.question) }
    guard case .anew(let model, nil) = failure else { return #expect(Bool(false), "\(failure as Any)") }
    #expect(model.name.description == "openai/other" && session.model == model)
    #expect(try await session.turn(DeskWorld.question).reply.text == "whole")
    // What had come was not free: the provider had counted the prompt.
    #expect(world.desk.spent("run").calls == 2)
  }

  @Test func ASimplerPromptIsTriedOnTheFirstModel() async throws {
    let world = DeskWorld(.fails(400, "invalid_request_error"), .text("simple"))
    let session = try await world.session(simpler: { "simpler" })
    let failure = await #expect(throws: ModelFailure.self) { try await session.turn(DeskWorld.question) }
    #expect(failure == .anew(session.model, prompt: "simpler"))
    #expect(session.model.name.description == "anthropic/small" && world.words.last == "simplifies")
    #expect(try await session.turn(DeskWorld.question).reply.text == "simple")
  }

  @Test func WorkMovesUpWhereThatIsAllowed() async throws {
    let world = DeskWorld(.fails(500), .fails(500), .fails(500), .text("from above")) {
      $0.router.escalates = true
      $0.router.models.removeAll { $0.name.model == "other" }
    }
    let session = try await world.session()
    let failure = await #expect(throws: ModelFailure.self) { try await session.turn(DeskWorld.question) }
    guard case .anew(let model, nil) = failure else { return #expect(Bool(false), "\(failure as Any)") }
    #expect(model.name.description == "anthropic/large" && world.words.last == "escalates anthropic/large server")
    #expect(try await session.turn(DeskWorld.question).reply.text == "from above")
  }

  @Test func WhatNobodyCanDoIsHandedBackWithAllThatWasTried() async throws {
    let world = DeskWorld(.fails(500))
    let session = try await world.session(retries: 0)
    let failure = await #expect(throws: ModelFailure.self) { try await session.turn(DeskWorld.question) }
    guard case .provider(let error, let tried) = failure else { return #expect(Bool(false), "\(failure as Any)") }
    #expect(error.kind == .server && tried.map(\.model.description) == ["anthropic/small", "openai/other"])
    #expect(failure?.description.hasPrefix("openai/other: the provider failed (HTTP 500)") == true)
    // What took nothing costs nothing.
    #expect(world.desk.spent("run") == BudgetSpending())
  }

  @Test func AQuotaParksOnlyWhereThatIsAsked() async throws {
    let quota = MockReply.fails(429, "rate_limit_error", after: .seconds(7200))
    var policy = GatePolicy()
    policy.quota = .park
    let parking = policy
    let world = DeskWorld(quota) { setup in
      setup.gates = ["anthropic": parking]
      setup.router.models.removeAll { $0.name.model == "other" }
    }
    let session = try await world.session()
    let failure = await #expect(throws: ModelFailure.self) { try await session.turn(DeskWorld.question) }
    guard case .parked(let error) = failure else { return #expect(Bool(false), "\(failure as Any)") }
    #expect(error.kind == .quota && error.resetsAt != nil)
    // The next one is not even asked.
    let second = try await world.session()
    await #expect(throws: ModelFailure.parked(error)) { try await second.turn(DeskWorld.question) }
  }
}

// Cancelling.
extension ModelSessionTests {
  private func cancelled(_ world: DeskWorld, when word: String) async throws {
    let session = try await world.session()
    let begun = AsyncStream<Void>.makeStream()
    let task = Task {
      try await session.turn(DeskWorld.question) { _ in begun.continuation.yield() }
    }
    if word.isEmpty { for await _ in begun.stream { break } }
    while !word.isEmpty, !world.words.contains(where: { $0.hasPrefix(word) }) { await Task.yield() }
    task.cancel()
    await #expect(throws: ModelFailure.cancelled) { try await task.value }
    #expect(world.desk.remaining("run") == Money(dollars: 1).map { $0 - world.desk.spent("run").cost })
    let counts = world.desk.counter("anthropic")?.gate.counts
    #expect(counts?.waiting == 0 && counts?.running == 0)
  }

  @Test(.timeLimit(.minutes(1))) func CancellingEndsATurnAtTheGate() async throws {
    let world = DeskWorld(.fails(429, "rate_limit_error", after: .seconds(300)))
    world.desk.setLimit(BudgetLimit(cost: Money(dollars: 1)), of: "run")
    try await cancelled(world, when: "waits")
    #expect(world.desk.spent("run").calls == 0)
  }

  @Test(.timeLimit(.minutes(1))) func CancellingEndsATurnInABackOff() async throws {
    let world = DeskWorld(.fails(500, after: .seconds(300)))
    world.desk.setLimit(BudgetLimit(cost: Money(dollars: 1)), of: "run")
    try await cancelled(world, when: "retries")
  }

  @Test(.timeLimit(.minutes(1))) func CancellingEndsATurnInTheMiddleOfItsAnswerWhichWasNotFree() async throws {
    let world = DeskWorld(MockReply([.text("half"), .pause(.seconds(300)), .text("never")]))
    world.desk.setLimit(BudgetLimit(cost: Money(dollars: 1)), of: "run")
    try await cancelled(world, when: "")
    #expect(world.desk.spent("run").calls == 1)
  }

  @Test(.timeLimit(.minutes(1))) func CancellingEndsAWaitForMoney() async throws {
    let world = DeskWorld(MockReply([.text("half"), .pause(.seconds(300)), .text("never")]))
    world.desk.setLimit(BudgetLimit(cost: Money(dollars: 0.05)), of: "run")
    let first = try await world.session()
    let begun = AsyncStream<Void>.makeStream()
    let holder = Task { try await first.turn(DeskWorld.question) { _ in begun.continuation.yield() } }
    for await _ in begun.stream { break }
    let second = try await world.session()
    let waiter = Task { try await second.turn(DeskWorld.question) }
    while !world.words.contains("waits for budget") { await Task.yield() }
    waiter.cancel()
    await #expect(throws: ModelFailure.cancelled) { try await waiter.value }
    holder.cancel()
    await #expect(throws: ModelFailure.cancelled) { try await holder.value }
    #expect(world.desk.remaining("run") == Money(dollars: 0.05).map { $0 - world.desk.spent("run").cost })
  }
}
