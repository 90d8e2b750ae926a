import Testing

@testable import Agents

@Suite struct FrontMatterTests {
  private func fields(_ lines: String...) throws -> FrontMatter {
    try #require(try FrontMatter((["---"] + lines + ["---", "", "body", ""]).joined(separator: "\n")))
  }

  @Test(arguments: [
    ("a: plain text", "plain text"), ("a:   blanks around   ", "blanks around"), ("a: text # comment", "text"),
    ("a: c#sharp", "c#sharp"), ("a: Use it when: user says \"hi\"", "Use it when: user says \"hi\""),
    ("a: \"quoted: \\\"x\\\" \\n \\u00e9 \\\\\" # c", "quoted: \"x\" \n é \\"), ("a: 'it''s \\n'", "it's \\n"),
    ("a: \"said\" and more", "\"said\" and more"), ("a: [WIP] checks", "[WIP] checks"), ("a: {x} y", "{x} y"),
    ("a: *", "*"), ("a: &anchor x", "&anchor x"), ("a: 12", "12"), ("a: | is no block", "| is no block"),
    ("a: first\n  second\n\n  third", "first second\nthird"), ("a:\n  below", "below"),
    ("a: \"over\n  lines\"", "over lines"), ("a: |\n  one\n    two\n\n  three\n", "one\n  two\n\nthree\n"),
    ("a: |-\n  one\n  # no comment\n", "one\n# no comment"), ("a: |+\n  one\n\n", "one\n\n\n"),
    ("a: >\n  one\n  two\n\n  three\n", "one two\nthree\n"), ("a: >-\n  one\n    kept\n  two", "one\n  kept\ntwo"),
    ("a: |2\n    indented\n  less", "  indented\nless\n"), ("\"a\": x", "x"), ("a : x", "x"), ("a:\tx", "x"),
    ("a: http://x/y", "http://x/y"), ("a: true", "true"), ("a: \"\"", ""), ("a: |\n  key: value\nb: x", "key: value\n"),
  ]) func aScalarIsRead(_ source: String, _ text: String) throws {
    #expect(try fields(source)["a"]?.text == text)
  }

  @Test(arguments: [
    "a: [Read, \"Grep\", 'x, y', Bash(git *, ls)]", "a:\n  - Read\n  - Grep # c\n  - 'x, y'\n  - Bash(git *, ls)",
    "a:\n- Read\n- \"Grep\"\n\n# c\n- 'x, y'\n- Bash(git *, ls)",
    "a: [Read,\n  Grep,\n  'x, y', # c\n  Bash(git *, ls),\n]",
  ]) func aListIsReadInEachForm(_ source: String) throws {
    let front = try fields(source, "b: after")
    #expect(
      front["a"].map { value in
        guard case .list(let values) = value else { return [] }
        return values.compactMap(\.text)
      } == ["Read", "Grep", "x, y", "Bash(git *, ls)"])
    #expect(front["b"]?.text == "after")
  }

  @Test func mapsAreReadInDepthAndInOrder() throws {
    let front = try fields(
      "permission:", "  bash:", "    \"git status*\": allow", "    'rm *': deny", "    \"*\": ask", "  edit: deny",
      "tools: {write: false, \"x\": true}", "hooks:", "  PreToolUse:", "    - matcher: Bash", "      hooks:",
      "        - type: command", "          command: \"./check.sh\"", "    - matcher: Edit", "last: x")
    guard case .map(let permission)? = front["permission"], case .map(let bash) = permission[0].value else {
      Issue.record("no maps")
      return
    }
    #expect(permission.map(\.key) == ["bash", "edit"])
    #expect(bash.map(\.key) == ["git status*", "rm *", "*"])
    #expect(bash.map { $0.value.text } == ["allow", "deny", "ask"])
    #expect(bash[1].line == 5)
    guard case .map(let tools)? = front["tools"] else {
      Issue.record("no map")
      return
    }
    #expect(tools.map { "\($0.key)=\($0.value.text ?? "")" } == ["write=false", "x=true"])
    #expect(front["last"]?.text == "x")
  }

  @Test func lineEndsOfWindowsAndAByteOrderMarkDoNotMatter() throws {
    let front = try #require(
      try FrontMatter("\u{FEFF}---\r\nname: x\r\ntext: |\r\n  a\r\n  b\r\n--- \r\n\r\nThe\r\nbody\r\n"))
    #expect(front["name"]?.text == "x")
    #expect(front["text"]?.text == "a\nb\n")
    #expect(front.body == "The\nbody")
  }

  @Test func aFileWithoutFrontMatterHasNone() throws {
    #expect(try FrontMatter("# A title\n---\nname: x\n---\n") == nil)
    #expect(try FrontMatter("") == nil)
    #expect(try FrontMatter("----\nname: x\n---\n") == nil)
  }

  @Test func emptyFrontMatterIsFrontMatter() throws {
    let front = try #require(try FrontMatter("---\n---\nbody"))
    #expect(front.fields.isEmpty)
    #expect(front.body == "body")
  }

  @Test(arguments: [
    ("---\nname: x\n", 1, "closing"), ("---\nname: x\nno field\n---\n", 3, "field"),
    ("---\nname: x\nname: y\n---\n", 3, "twice"), ("---\na: \"open\nb: x\n---\n", 2, "quote"),
    ("---\na: [x, y\nb: z\n---\n", 2, "bracket"), ("---\na:\n\tb: x\n---\n", 3, "tab"),
    ("---\na: 'x'\n  b: c\n---\n", 3, "deeper"), ("---\n- x\n---\n", 2, "field"), ("---\n  a: x\n---\n", 2, "field"),
    ("---\na:\n  - x\n    y: z\n  w\n---\n", 5, "deeper"), ("---\na: [x y: [}]\n---\n", 2, "comma"),
    ("---\n: x\n---\n", 2, "field"), ("---\na: {b: 1, b: 2}\n---\n", 2, "twice"),
  ]) func brokenFrontMatterIsToldWithItsLine(_ source: String, _ line: Int, _ word: String) {
    do throws(FrontMatterError) {
      let front = try FrontMatter(source)
      Issue.record("read: \(String(describing: front))")
    } catch {
      #expect(error.line == line, "\(error)")
      #expect(error.sentence.contains(word), "\(error)")
    }
  }

  @Test func depthAndSizeAreBounded() {
    let deep = (0..<40).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
    #expect(throws: FrontMatterError.self) { try FrontMatter("---\n" + deep + " x\n---\n") }
    #expect(throws: FrontMatterError.self) {
      try FrontMatter("---\na: " + String(repeating: "[", count: 60) + "\n---\n")
    }
    #expect(throws: FrontMatterError.self) {
      try FrontMatter("---\na: " + String(repeating: "x", count: 70 << 10) + "\n---\n")
    }
  }

  /// Whatever stands there, the reader comes back soon, with fields or with a sentence.
  @Test func noTextStopsTheReader() {
    let pieces = [
      "a", "b: ", ": ", "- ", "\n", "\n  ", "\n    ", "\"", "'", "[", "]", "{", "}", ",", "|", ">", "#", " ", "\t",
      "\\",
      "é", "---", "\r", "*", "&", "(", ")", "\u{2028}", "x: y",
    ]
    var seed: UInt64 = 42
    func next(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((seed >> 33) % UInt64(bound))
    }
    var read = 0
    for _ in 0..<20_000 {
      let text = (0..<next(24)).map { _ in pieces[next(pieces.count)] }.joined()
      if let front = try? FrontMatter("---\n" + text + "\n---\nbody") {
        read += 1
        #expect(Set(front.fields.map(\.key)).count == front.fields.count)
      }
    }
    #expect(read > 1000)
    // The worst that we know of for time: values that are begun and never end.
    for line in ["a:\n", "\"\n", "[\n", "- \n", "a: \"x\n", "  {\n", "a: {b,\n", "- - -\n"] {
      _ = try? FrontMatter("---\nk: " + String(repeating: line, count: (60 << 10) / line.utf8.count) + "\n---\n")
    }
  }
}
