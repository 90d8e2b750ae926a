import Testing

@testable import Agents

@Suite struct MCPPartsTests {
  @Test func linesAreCutAtAnyPlace() {
    let text = Array("one\r\n\n  \ntwo\nthree three\n".utf8)
    let whole: [MCPLines.Line] = [
      .whole(Array("one\r".utf8)), .whole(Array("two".utf8)), .whole(Array("three three".utf8)),
    ]
    for first in 0...text.count {
      for second in first...text.count {
        var lines = MCPLines(limit: 100)
        let found =
          lines.take(Array(text[..<first])) + lines.take(Array(text[first..<second]))
          + lines.take(Array(text[second...]))
        #expect(found == whole)
      }
    }
  }

  @Test func longLinesAreLeftOutAtAnyPlace() {
    let text = Array("short\n{\"id\": 7, \"x\": \"123456789012345678901234567890\"}\nlast\n".utf8)
    for cut in 0...text.count {
      var lines = MCPLines(limit: 20)
      let found = lines.take(Array(text[..<cut])) + lines.take(Array(text[cut...]))
      #expect(found.count == 3)
      #expect(found.first == .whole(Array("short".utf8)))
      #expect(found.last == .whole(Array("last".utf8)))
      guard case .tooLong(let head, let tail) = found[1] else {
        Issue.record("no long line")
        continue
      }
      #expect(MCPLines.answeredID(head: head, tail: tail) == 7)
    }
  }

  @Test func aLineWithoutEndTakesNoMemory() {
    var lines = MCPLines(limit: 1 << 16)
    for _ in 0..<2000 { #expect(lines.take([UInt8](repeating: 0x78, count: 1 << 14)).isEmpty) }
    guard case .tooLong(let head, let tail)? = lines.take([0x0A]).first else {
      Issue.record("no long line")
      return
    }
    #expect(head.count == 4096 && tail.count == 4096)
  }

  @Test func namesOfToolsAreUniqueAndShort() {
    #expect(
      MCPToolName.names(server: "files", tools: ["read", "list-all"]) == ["mcp__files__read", "mcp__files__list-all"])
    let odd = MCPToolName.names(server: "files", tools: ["a.b", "a b", "a_b", "é", String(repeating: "x", count: 100)])
    #expect(Set(odd).count == 5)
    #expect(odd.allSatisfy { $0.utf8.count <= 64 })
    #expect(odd[0] == "mcp__files__a_b")
    #expect(MCPToolName.names(server: "a.b", tools: ["t"]) != MCPToolName.names(server: "a_b", tools: ["t"]))
    let long = MCPToolName.names(server: String(repeating: "s", count: 200), tools: ["one", "two"])
    #expect(Set(long).count == 2 && long.allSatisfy { $0.utf8.count <= 64 })
  }

  @Test func patternsOfToolsMatchWhole() {
    for (pattern, name, matches) in [
      ("mcp__a__*", "mcp__a__x", true), ("mcp__a__*", "mcp__b__x", false), ("*", "read", true),
      ("read", "readx", false),
      ("*_file", "read_file", true), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false), ("", "", true),
      ("", "a", false),
    ] { #expect(ToolNames.matches(pattern, name) == matches, "\(pattern) \(name)") }
  }

  @Test func aPromiseIsKeptOnceAndForAllWhoWait() async throws {
    let promise = MCPPromise<Int>()
    async let first = promise.value()
    async let second = promise.value()
    let impatient = Task { try await promise.value() }
    impatient.cancel()
    await #expect(throws: MCPError.self) { try await impatient.value }
    promise.fulfil(.success(1))
    promise.fulfil(.success(2))
    #expect(try await [first, second, promise.value()] == [1, 1, 1])
  }
}
