import Testing

@testable import Models

/// Numbers that are the same in every run.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct BudgetStateTests {
  private func dollars(_ amount: Double) -> Money { Money(dollars: amount) ?? .zero }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func NoOrderOfCallsOverspends(_ seed: UInt64) {
    var numbers = SeededNumbers(seed)
    var state = BudgetState()
    let limits = ["run": 10.0, "a": 4.0, "b": 7.0]
    for (name, limit) in limits { state.setLimit(BudgetLimit(cost: dollars(limit), tokens: 100_000), of: name) }
    var open: [(UInt64, Int, Money)] = []
    var granted = 0
    for _ in 0..<3000 {
      if Bool.random(using: &numbers) || open.isEmpty {
        let cost = Money(picodollars: Int64.random(in: 0...900_000_000_000, using: &numbers))
        let tokens = Int.random(in: 0...9000, using: &numbers)
        let names = [["run", "a"], ["run", "b"], ["run"]].randomElement(using: &numbers) ?? []
        let (decision, id) = state.reserve(BudgetAmount(cost: cost, tokens: tokens), in: names)
        #expect((decision == .granted) == (id != nil))
        if let id { open.append((id, tokens, cost)) }
        granted += id == nil ? 0 : 1
      } else {
        let (id, tokens, cost) = open.remove(at: Int.random(in: open.indices, using: &numbers))
        if Int.random(in: 0..<4, using: &numbers) == 0 {
          state.release(id)
        } else {
          let part = Int64.random(in: 0...16, using: &numbers)
          _ = state.settle(
            id, usage: TokenUsage(input: tokens * Int(part) / 16),
            cost: Money(picodollars: cost.picodollars / 16 * part))
        }
      }
      for (name, limit) in limits {
        let held = state.spent(name).cost + (state.reserved(name).cost ?? .zero)
        #expect(held <= dollars(limit) && state.spent(name).usage.total + state.reserved(name).tokens <= 100_000)
      }
    }
    #expect(granted > 10)
    for (id, _, _) in open { state.release(id) }
    #expect(state.reserved("run") == BudgetAmount(cost: .zero, tokens: 0))
    #expect(state.spent("a").cost + state.spent("b").cost <= state.spent("run").cost)
  }

  @Test func LaterIsNotNever() throws {
    var state = BudgetState()
    state.setLimit(BudgetLimit(cost: dollars(1)), of: "run")
    let amount = BudgetAmount(cost: dollars(0.6), tokens: 10)
    let first = try #require(state.reserve(amount, in: ["run"]).reservation)
    guard case .later = state.reserve(amount, in: ["run"]).decision else { return #expect(Bool(false), "not later") }
    _ = state.settle(first, usage: TokenUsage(output: 5), cost: dollars(0.1))
    let second = try #require(state.reserve(amount, in: ["run"]).reservation)
    _ = state.settle(second, usage: TokenUsage(output: 5), cost: dollars(0.6))
    guard case .refused(let refusal) = state.reserve(amount, in: ["run"]).decision else {
      return #expect(Bool(false), "not refused")
    }
    #expect(
      refusal.description
        == "the budget of run does not allow another call: $0.70 of $1.00 are spent, and it may cost $0.60")
  }

  @Test func ACallThatCostMoreThanThoughtStopsTheNext() throws {
    var state = BudgetState()
    state.setLimit(BudgetLimit(cost: dollars(1)), of: "run")
    let id = try #require(state.reserve(BudgetAmount(cost: dollars(0.9), tokens: 1), in: ["run"]).reservation)
    #expect(state.settle(id, usage: TokenUsage(), cost: dollars(1.2)).map(\.account) == ["run"])
    #expect(state.remaining("run") == dollars(-0.2))
    #expect(state.reserve(BudgetAmount(cost: Money(picodollars: 1), tokens: 1), in: ["run"]).reservation == nil)
    // What costs nothing needs no money.
    #expect(state.reserve(BudgetAmount(cost: .zero, tokens: 1), in: ["run"]).reservation != nil)
  }

  @Test func WithoutAPriceALimitOfMoneyGrantsNothing() {
    var state = BudgetState()
    let amount = BudgetAmount(cost: nil, tokens: 100)
    #expect(state.reserve(amount, in: ["run"]).reservation != nil)
    state.setLimit(BudgetLimit(cost: dollars(1)), of: "run")
    let decision = state.reserve(amount, in: ["run"]).decision
    #expect(decision == .refused(BudgetRefusal(account: "run", cause: .unknownPrice(limit: dollars(1)))))
    state.setLimit(BudgetLimit(tokens: 1000), of: "run")
    #expect(state.reserve(amount, in: ["run"]).reservation != nil)
  }

  @Test func FourFifthsAndAllAreToldOnce() throws {
    var state = BudgetState()
    state.setLimit(BudgetLimit(cost: dollars(1)), of: "run")
    var told: [Double] = []
    for _ in 0..<10 {
      let id = try #require(state.reserve(BudgetAmount(cost: dollars(0.1), tokens: 1), in: ["run"]).reservation)
      told += state.settle(id, usage: TokenUsage(), cost: dollars(0.1)).map(\.share)
    }
    #expect(told.count == 2 && told[0] >= 0.8 && told[0] < 0.81 && told[1] == 1)
  }

  @Test func AnAnswerCanBeCutToTheMoneyThatIsLeft() throws {
    var state = BudgetState()
    state.setLimit(BudgetLimit(cost: dollars(0.01)), of: "run")
    let price = ModelPrice(input: 1, output: 5)
    let longest = try #require(state.longestAnswer(price: price, prompt: 1000, in: ["run"]))
    #expect(longest == 1800)
    let most = BudgetAmount(cost: price.mostFor(prompt: 1000, answer: longest), tokens: 2800)
    #expect(state.reserve(most, in: ["run"]).reservation != nil)
    #expect(state.longestAnswer(price: .free, prompt: 10, in: ["run"]) == nil)
  }
}
