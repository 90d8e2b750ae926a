import Testing

@testable import Runtime

@Suite struct ConflictGraphTests {
  private func access(reads: [String] = [], writes: [String] = []) throws -> PathAccess {
    PathAccess(
      reads: try reads.map { try GlobPattern($0, in: "/w") }, writes: try writes.map { try GlobPattern($0, in: "/w") })
  }

  private func pairs(_ graph: ConflictGraph) -> Set<[Int]> {
    Set(graph.pairs.map { [$0.first.task, $0.second.task] })
  }

  @Test func writersConflictWithWhoeverTouchesTheSameAndReadersDoNot() throws {
    let graph = try ConflictGraph([
      access(writes: ["src/**"]), access(reads: ["src/a.c"]), access(reads: ["src/*.c"]), access(writes: ["docs/"]),
      access(writes: ["src/b.c"], ), access(),
    ])
    #expect(pairs(graph) == [[0, 1], [0, 2], [0, 4], [2, 4]])
    #expect(
      graph.unordered(
        in: try GroupPlan(keys: ["a", "b", "c", "d", "e", "f"], dependencies: .init(repeating: [], count: 6))
      )
      .map { $0.sentence("x", "y") } == [
        "task 'x' writes \"src/**\" and task 'y' reads \"src/a.c\"",
        "task 'x' writes \"src/**\" and task 'y' reads \"src/*.c\"",
        "task 'x' writes \"src/**\" and task 'y' writes \"src/b.c\"",
        "task 'x' reads \"src/*.c\" and task 'y' writes \"src/b.c\"",
      ])
  }

  @Test func theSamePatternIsNamedOnce() throws {
    let graph = try ConflictGraph([access(writes: ["lock"]), access(writes: ["lock"])])
    #expect(graph.pairs.map { $0.sentence("a", "b") } == ["tasks 'a' and 'b' both write \"lock\""])
  }

  @Test func aTaskIsInNobodysWayByItself() throws {
    let graph = try ConflictGraph([access(reads: ["a/**"], writes: ["a/**", "a/b", "{a,c}/b"])])
    #expect(graph.isEmpty)
  }

  @Test func whatADependencyPutsInOrderIsNoConflict() throws {
    let plan = try GroupPlan(keys: ["a", "b", "c", "d"], dependencies: [[], ["a"], ["b"], []])
    let all = try ConflictGraph(.init(repeating: access(writes: ["x"]), count: 4))
    #expect(pairs(all).count == 6)
    #expect(Set(all.unordered(in: plan).map { [$0.first.task, $0.second.task] }) == [[0, 3], [1, 3], [2, 3]])
  }

  @Test func theKnownOnesAreLeftOut() throws {
    let writers = try [access(writes: ["x"]), access(reads: ["x"]), access(writes: ["x"])]
    #expect(pairs(try ConflictGraph(writers, from: 2)) == [[0, 2], [1, 2]])
  }

  @Test func manyWritersOfTheSameAreACrowd() throws {
    var tasks = try [PathAccess](repeating: access(writes: ["out"]), count: 5000)
    tasks.append(try access(reads: ["out/log"]))
    let graph = try ConflictGraph(tasks)
    #expect(graph.crowds.map(\.tasks) == [Array(0..<5000)])
    #expect(graph.pairs.count == 5000)
    #expect(graph.tasks.count == 5001)
  }

  @Test func tooManyPairsAreRefusedInsteadOfFillingTheMemory() throws {
    var tasks = try (0..<1100).map { try access(writes: ["d/\($0)"]) }
    tasks += try .init(repeating: access(reads: ["d/**"]), count: 1000)
    #expect(throws: ConflictError.self) { try ConflictGraph(tasks) }
  }

  /// Against comparing each with each.
  @Test(arguments: 0..<40) func theIndexFindsWhatComparingAllPairsFinds(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let names = ["a", "b", "ab", "*", "a*", "**", "{a,b}", "?", "[!a]"]
    func pattern() -> String {
      (0..<Int.random(in: 1...3, using: &random)).map { _ in names.randomElement(using: &random) ?? "a" }
        .joined(separator: "/")
    }
    let tasks = try (0..<14).map { _ in
      try access(
        reads: (0..<Int.random(in: 0...2, using: &random)).map { _ in pattern() },
        writes: (0..<Int.random(in: 0...1, using: &random)).map { _ in pattern() })
    }
    var expected: Set<[Int]> = []
    for one in tasks.indices {
      for other in tasks.indices where other > one {
        let (left, right) = (tasks[one], tasks[other])
        let meets =
          left.writes.contains { mine in (right.writes + right.reads).contains { $0.overlaps(mine) } }
          || left.reads.contains { mine in right.writes.contains { $0.overlaps(mine) } }
        if meets { expected.insert([one, other]) }
      }
    }
    #expect(pairs(try ConflictGraph(tasks)) == expected)
  }

  @Test func distinctFilesAreFastEvenInThousands() throws {
    let tasks = try (0..<5000).map { try access(reads: ["src/\($0)/*.c"], writes: ["out/part-\($0)/**"]) }
    let begin = ContinuousClock.now
    #expect(try ConflictGraph(tasks).isEmpty)
    #expect(ContinuousClock.now - begin < .seconds(20))
  }
}
