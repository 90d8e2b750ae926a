/// A regular expression that is looked for in lines.
///
/// The syntax: literals, `.`, `[…]` with ranges and `[:alpha:]`, `\d \w \s` and their opposites, `\t \n \r \xHH \u{H…}`,
/// `^ $ \b \B`, groups, `|`, `* + ? {n,m}` (lazy ones too), `(?i)`. Not supported, and refused: references to groups and
/// looking around. In return every search takes time in proportion to the text, whatever the pattern.
/// `\d`, `\w` and `\s` mean ASCII, and a character is a Unicode scalar; what is no UTF-8 counts as U+FFFD.
public struct LinePattern: Sendable, Hashable {
  /// The pattern's text.
  public let text: String
  let program: PatternProgram

  /// Reads a pattern. Throws what is wrong with it, and where.
  public init(_ text: String, ignoringCase: Bool = false) throws(LinePatternError) {
    let node = try PatternParser.parse(text, ignoringCase: ignoringCase)
    guard let program = PatternProgram(node) else {
      throw LinePatternError(pattern: text, position: 1, why: "written out, its repetitions are too many")
    }
    self.text = text
    self.program = program
  }

  /// Whether the pattern is found anywhere in the line, which is given without its line break.
  public func matches(_ line: some Collection<UInt8>) -> Bool {
    var matcher = PatternMatcher(program)
    return matcher.matches(line)
  }
}

/// Looks for one pattern in many lines: it remembers what it found out about the pattern, and gets faster line by line.
public struct LineMatcher {
  private var matcher: PatternMatcher

  /// A matcher that knows nothing yet.
  public init(_ pattern: LinePattern) { matcher = PatternMatcher(pattern.program) }

  /// Whether the pattern is found anywhere in the line, which is given without its line break.
  public mutating func matches(_ line: some Collection<UInt8>) -> Bool { matcher.matches(line) }
}

/// Why a text is no pattern.
public struct LinePatternError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The text that was refused.
  public let pattern: String
  /// The character at which reading stopped, counted from 1.
  public let position: Int
  /// What is wrong.
  public let why: String

  /// One sentence.
  public var description: String { "the pattern '\(pattern)' is wrong at character \(position): \(why)" }
}
