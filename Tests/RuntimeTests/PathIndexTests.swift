import Testing

@testable import Runtime

@Suite struct PathIndexTests {
  private func access(reads: [String] = [], writes: [String] = []) throws -> PathAccess {
    PathAccess(
      reads: try reads.map { try GlobPattern($0, in: "/w") }, writes: try writes.map { try GlobPattern($0, in: "/w") })
  }

  @Test func itTellsWhoIsInTheWay() throws {
    var index = PathIndex<String>()
    index.insert("writer", try access(writes: ["src/a/**"]))
    index.insert("reader", try access(reads: ["src/**/*.c"]))
    #expect(index.conflicts(with: try access(writes: ["src/a/x.c"])) == ["writer", "reader"])
    #expect(index.conflicts(with: try access(reads: ["src/a/x.c"])) == ["writer"])
    #expect(index.conflicts(with: try access(reads: ["src"])) == ["writer"], "all that is in it")
    #expect(index.conflicts(with: try access(writes: ["src/b/x.h", "docs"])) == [])
    index.remove("writer")
    #expect(index.conflicts(with: try access(reads: ["src/a/x.c"])) == [])
    index.remove("reader")
    #expect(index.isEmpty && index.nodeCount == 1)
  }

  /// Against comparing with all, while some come and others go.
  @Test(arguments: 0..<30) func itAgreesWithComparingAll(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let names = ["a", "b", "ab", "*", "a*", "**", "{a,b}", "?"]
    func pattern() -> String {
      (0..<Int.random(in: 1...3, using: &random)).map { _ in names.randomElement(using: &random) ?? "a" }
        .joined(separator: "/")
    }
    var index = PathIndex<Int>()
    var all: [Int: PathAccess] = [:]
    for number in 0..<60 {
      let new = try access(
        reads: (0..<Int.random(in: 0...2, using: &random)).map { _ in pattern() },
        writes: (0..<Int.random(in: 0...2, using: &random)).map { _ in pattern() })
      let expected = all.filter { _, other in
        new.uses.contains { mine in
          other.uses.contains { ($0.writes || mine.writes) && $0.pattern.overlaps(mine.pattern) }
        }
      }
      #expect(index.conflicts(with: new) == Set(expected.keys))
      index.insert(number, new)
      all[number] = new
      if Bool.random(using: &random), let gone = all.keys.randomElement(using: &random) {
        index.remove(gone)
        all[gone] = nil
      }
    }
    for number in all.keys { index.remove(number) }
    #expect(index.isEmpty && index.nodeCount == 1)
  }
}
