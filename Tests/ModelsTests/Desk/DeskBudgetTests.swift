import Testing
import WireText

@testable import Models

@Suite struct DeskBudgetTests {
  @Test func AnswersAreShortenedToWhatThereIsMoneyFor() async throws {
    let world = DeskWorld(.text("short"))
    world.desk.setLimit(BudgetLimit(tokens: 1000), of: "run")
    let session = try await world.session()
    #expect(try await session.turn(DeskWorld.question).reply.text == "short")
    // An answer of the usual length would not have been granted.
    #expect(world.desk.spent("run").calls == 1)
    world.desk.setLimit(BudgetLimit(tokens: 60), of: "run")
    let failure = await #expect(throws: ModelFailure.self) { try await session.turn(DeskWorld.question) }
    guard case .budget(let refusal) = failure else { return #expect(Bool(false), "\(failure as Any)") }
    #expect(refusal.account == "run" && refusal.description.contains("20 of 60 tokens are spent"))
  }

  @Test func AModelWithoutAPriceIsNotPaidFromMoney() async throws {
    let world = DeskWorld(.text("x")) { $0.router.models[0].price = nil }
    world.desk.setLimit(BudgetLimit(cost: Money(dollars: 1)), of: "run")
    let session = try await world.session()
    let failure = await #expect(throws: ModelFailure.self) { try await session.turn(DeskWorld.question) }
    #expect(failure?.description.contains("the price of the model is not known") == true)
  }

  @Test(.timeLimit(.minutes(2))) func AHundredAtOnceNeverSpendMoreThanThereIs() async throws {
    // Each answer takes 200 of its at most 1,000 tokens; the money suffices for a part of the calls.
    let world = DeskWorld(MockReply([.text("ok")], usage: TokenUsage(input: 20, output: 200)))
    let limit = try #require(Money(dollars: 0.05))
    world.desk.setLimit(BudgetLimit(cost: limit), of: "run")
    var question = DeskWorld.question
    question.maxTokens = 1000
    let asked = question
    let outcomes = await withTaskGroup(of: Result<Money?, any Error>.self) { group in
      for _ in 0..<100 {
        group.addTask {
          do { return .success(try await world.session().turn(asked).cost) } catch { return .failure(error) }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let spent = world.desk.spent("run")
    #expect(spent.cost <= limit && world.desk.remaining("run") == limit - spent.cost)
    let paid = outcomes.compactMap { try? $0.get() }
    #expect(paid.count == spent.calls && paid.reduce(.zero, +) == spent.cost)
    // Nothing was refused while there was money for another call.
    #expect(limit - spent.cost < ModelPrice(input: 1, output: 5).mostFor(prompt: 300, answer: 64))
    for case .failure(let error) in outcomes {
      guard case .budget = error as? ModelFailure else { return #expect(Bool(false), "\(error)") }
    }
    #expect(world.words.contains { $0.hasPrefix("budget run 8") })
  }

  @Test func AnAnswerThatBreaksOffIsCountedByItsWords() async throws {
    let words = String(repeating: "words and more words ", count: 40)
    let world = DeskWorld(MockReply([.text(words), .cut])) { setup in
      setup.router.models = [DeskWorld.models[1]]
    }
    let session = try await world.session(retries: 0)
    await #expect(throws: ModelFailure.self) { try await session.turn(DeskWorld.question) }
    // Chat Completions count at the end, which never came.
    let usage = world.desk.spent("run").usage
    #expect(usage.output >= 200 && usage.input > 0)
  }
}
