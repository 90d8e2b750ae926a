import Testing

@testable import Runtime

@Suite struct BottomLevelsTests {
  @Test func aRankIsTheLongestWayToTheEnd() throws {
    let plan = try GroupPlan(
      keys: ["api", "ui", "tests", "docs"], dependencies: [[], [], ["api", "ui"], []])
    let ranks = BottomLevels.ranks(plan, [3, 5, 2, 4])
    #expect(ranks == [5, 7, 2, 4])
    #expect(BottomLevels.criticalPath(plan, ranks: ranks) == [1, 2])
    let empty = try GroupPlan(keys: [], dependencies: [])
    #expect(BottomLevels.criticalPath(empty, ranks: []) == [])
  }

  /// Against following every way.
  @Test(arguments: 0..<30) func ranksAgreeWithFollowingEveryWay(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let count = Int.random(in: 1...14, using: &random)
    let dependencies = (0..<count).map { index in
      (0..<index).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
    }
    let plan = try GroupPlan(
      keys: (0..<count).map(String.init), dependencies: dependencies.map { $0.map(String.init) })
    let durations = (0..<count).map { _ in Double(Int.random(in: 0...9, using: &random)) }
    func longest(_ task: Int) -> Double { durations[task] + (plan.dependents[task].map(longest).max() ?? 0) }
    let ranks = BottomLevels.ranks(plan, durations)
    #expect(ranks == (0..<count).map(longest))
    let path = BottomLevels.criticalPath(plan, ranks: ranks)
    #expect(path.reduce(0) { $0 + durations[$1] } == ranks.max())
    for (task, next) in zip(path, path.dropFirst()) { #expect(dependencies[next].contains(task)) }
  }
}
