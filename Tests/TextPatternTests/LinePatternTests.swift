import Testing

@testable import TextPattern

@Suite struct LinePatternTests {
  static let patterns = [
    "", "a", "abc", "^a", "a$", "^$", "a*", "a+b", "(a|b)+c", "[a-c]", "[^a-c]", "a.c", "^.{3}$", "a{2,3}", "(ab){2}",
    "\\d+", "\\w+\\s\\w+", "\\bab\\b", "a|b|c$", "(?:ab)?c", "[abc]+?d", "x*", "^(a|ab)(c|bcd)$", "[\\d.]+$",
    "\\.", "a{0}b",
    "é", "[é-ü]", "^.$", "ab|", "(|a)b", "[]a]", "[a-]", "\\x41", "(?i)ABC", "a(?i)BC", "\\S+$", "b{2,}",
  ]

  @Test func PatternsFindWhatSwiftsOwnFind() throws {
    var generator = SeededGenerator(3)
    let alphabet: [Character] = ["a", "b", "c", "d", "A", "B", "1", "2", " ", ".", "é", "ü", "-", "]", "_"]
    for text in LinePatternTests.patterns {
      let pattern = try LinePattern(text)
      let regex = try Regex(text == "[]a]" ? "[\\]a]" : text).matchingSemantics(.unicodeScalar)
        .asciiOnlyWordCharacters()
        .asciiOnlyDigits().asciiOnlyWhitespace().wordBoundaryKind(.simple)
      for _ in 0..<300 {
        let line = String(
          (0..<Int.random(in: 0...8, using: &generator)).compactMap { _ in alphabet.randomElement(using: &generator) })
        let expected = try regex.firstMatch(in: line) != nil
        #expect(pattern.matches(Array(line.utf8)) == expected, "/\(text)/ in '\(line)'")
      }
    }
  }

  @Test(arguments: [
    "(", ")", "[", "a**", "*a", "+", "a{3,2}", "a{1001}", "(?=a)", "(?<n>a)", "\\1", "\\", "\\q", "[z-a]", "[[:what:]]",
    "\\xg1", "a++", "^*", "(?P<n>a)", "((a{1000}){1000}){1000}",
  ])
  func AWrongOrUnsupportedPatternIsRefusedInWords(_ text: String) {
    let error = #expect(throws: LinePatternError.self) { try LinePattern(text) }
    #expect(error?.description.hasPrefix("the pattern '\(text)' is wrong at character ") == true)
  }

  @Test func NoPatternIsSlow() throws {
    let line = [UInt8](repeating: UInt8(ascii: "a"), count: 100_000)
    let clock = ContinuousClock()
    for text in ["(a+)+b", "(a|a)*b", "(.*)(.*)(.*)b", "(a?){50}a{50}b", "(?:){1000}b", "^(a|aa)+$b"] {
      let pattern = try LinePattern(text)
      // A backtracking matcher would not end within a lifetime.
      var isFound = true
      let time = clock.measure { isFound = pattern.matches(line) }
      #expect(!isFound && time < .seconds(20))
    }
  }

  @Test func NoWordEdgeIsBetweenTwoWordCharacters() throws {
    let pattern = try LinePattern("\\Bb")
    #expect(["1b", "ab", "_b", "bb"].allSatisfy { pattern.matches($0.utf8) })
    #expect(!["b", "b-", "-b", " b"].contains { pattern.matches($0.utf8) })
  }

  @Test func BytesThatAreNoTextAreSearchedToo() throws {
    #expect(try LinePattern("a.b").matches([0x61, 0xFF, 0x62]))
    #expect(try LinePattern("^\\x{FFFD}$").matches([0xC3]))
    #expect(try LinePattern("\\0").matches([0x61, 0]))
    #expect(try !LinePattern("é").matches([0xE9]))
  }

  @Test func DeepPatternsAreRefusedWithoutACrash() {
    #expect(throws: LinePatternError.self) { try LinePattern(String(repeating: "(", count: 100_000)) }
    #expect(throws: LinePatternError.self) { try LinePattern(String(repeating: "a|", count: 20_001) + "b") }
  }
}
