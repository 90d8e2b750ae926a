import Testing

@testable import Runtime

@Suite struct GraphTests {
  /// How many random graphs.
  static let count = wantsLongTests ? 100_000 : 4_000

  /// Random graphs, rules, limits, failures, cancels and stops: each task ends once, none starts before it is wanted, never
  /// do too many run, and no slot is lost.
  @Test func randomGraphsKeepTheirPromises() throws {
    for seed in 0..<GraphTests.count {
      var simulation = try GraphTests.simulation(seed: UInt64(seed))
      simulation.run()
      if !simulation.faults.isEmpty {
        Issue.record("graph \(seed): \(simulation.faults.prefix(3).joined(separator: "; "))")
        return
      }
    }
  }

  private static func simulation(seed: UInt64) throws -> GraphSimulation {
    var random = SplitMix(seed: seed)
    let count = Int.random(in: 1...24, using: &random)
    let density = Double.random(in: 0...0.4, using: &random)
    let dependencies = (0..<count).map { index in
      (0..<index).filter { _ in Double.random(in: 0..<1, using: &random) < density }
    }
    let keys = (0..<count).map(String.init)
    let isPlain = Int.random(in: 0..<3, using: &random) == 0
    let rules = (0..<count).map { _ -> TaskRule in
      guard !isPlain else { return TaskRule() }
      var rule = TaskRule()
      rule.trigger = TriggerRule.allCases.randomElement(using: &random) ?? .allSuccess
      rule.isSpeculative = Int.random(in: 0..<5, using: &random) == 0
      rule.hasCondition = !rule.isSpeculative && Int.random(in: 0..<5, using: &random) == 0
      return rule
    }
    var chances = GraphSimulation.Chances()
    chances.failure = [0, 0.1, 0.5].randomElement(using: &random) ?? 0
    chances.cancel = [0, 0.05].randomElement(using: &random) ?? 0
    chances.stop = [0, 0, 0.02].randomElement(using: &random) ?? 0
    chances.refusal = 0.4
    let failsFast = Int.random(in: 0..<4, using: &random) == 0
    return GraphSimulation(
      plan: try GroupPlan(keys: keys, dependencies: dependencies.map { $0.map(String.init) }), rules: rules,
      durations: (0..<count).map { _ in Double.random(in: 1...10, using: &random) },
      slots: Int.random(in: 1...5, using: &random),
      groupLimit: Bool.random(using: &random) ? Int.random(in: 1...4, using: &random) : nil, failsFast: failsFast,
      fallsBack: !failsFast && Int.random(in: 0..<3, using: &random) == 0, chances: chances, random: random)
  }

  /// 1,000 tasks of 10 to 100 ms: the schedule is within the bound of list scheduling, and near the larger of the longest
  /// chain and the work divided by the slots, of which no schedule can be shorter, wherever one is clearly the larger.
  @Test(arguments: 0..<12) func theMakespanIsNearTheLeastPossible(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let count = 1_000
    let slots = [4, 10, 16].randomElement(using: &random) ?? 10
    let reach = [10, 40, 200].randomElement(using: &random) ?? 40
    let dependencies = (0..<count).map { index in
      index == 0
        ? []
        : Set(
          (0..<Int.random(in: 0...3, using: &random)).map { _ in
            Int.random(in: max(0, index - reach)..<index, using: &random)
          }
        ).sorted()
    }
    let plan = try GroupPlan(
      keys: (0..<count).map(String.init), dependencies: dependencies.map { $0.map(String.init) })
    let durations = (0..<count).map { _ in Double.random(in: 10...100, using: &random) }
    var tails = durations
    for task in plan.waves.joined().reversed() {
      tails[task] += plan.dependents[task].map { tails[$0] }.max() ?? 0
    }
    var simulation = GraphSimulation(
      plan: plan, rules: .init(repeating: TaskRule(), count: count), durations: durations, slots: slots, tails: tails,
      random: random)
    simulation.run()
    #expect(simulation.faults.isEmpty)
    let work = durations.reduce(0, +) / Double(slots)
    let chain = tails.max() ?? 0
    // Graham's bound for any schedule that leaves no slot idle while something could run.
    #expect(simulation.makespan <= work + chain * (1 - 1 / Double(slots)) + 1e-6)
    if max(work, chain) > 1.3 * min(work, chain) {
      #expect(simulation.makespan <= 1.05 * max(work, chain), "\(simulation.makespan) for \(max(work, chain))")
    }
  }
}
