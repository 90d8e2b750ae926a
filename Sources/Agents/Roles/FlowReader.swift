/// Reads `[a, b]` and `{a: b}`.
struct FlowReader {
  enum Reading {
    case value(FrontValue)
    /// The text ends before its brackets are closed.
    case unfinished
  }

  private let text: Substring
  private var place: Substring.UTF8View.Index
  private let line: Int

  init(_ text: String, line: Int) {
    self.text = Substring(text)
    place = self.text.utf8.startIndex
    self.line = line
  }

  /// What follows the value.
  var rest: Substring { text[place...] }

  mutating func read() throws(FrontMatterError) -> Reading {
    guard let value = try value(depth: 0) else { return .unfinished }
    return .value(value)
  }

  private var byte: UInt8? { place < text.utf8.endIndex ? text.utf8[place] : nil }

  private mutating func advance() { place = text.utf8.index(after: place) }

  private mutating func skipBlanks() {
    while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0A { advance() }
  }

  /// Nil where the text ends too early.
  private mutating func value(depth: Int) throws(FrontMatterError) -> FrontValue? {
    guard depth <= FrontMatterReader.maxDepth else {
      throw FrontMatterError(line: line, sentence: "the fields are nested too deeply")
    }
    skipBlanks()
    switch byte {
    case nil: return nil
    case UInt8(ascii: "["): return try list(depth: depth)
    case UInt8(ascii: "{"): return try map(depth: depth)
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return quoted()
    default: return plain(isKey: false)
    }
  }

  private mutating func list(depth: Int) throws(FrontMatterError) -> FrontValue? {
    advance()
    var values: [FrontValue] = []
    while true {
      skipBlanks()
      guard let byte else { return nil }
      if byte == UInt8(ascii: "]") {
        advance()
        return .list(values)
      }
      guard let value = try value(depth: depth + 1) else { return nil }
      values.append(value)
      guard try separator(before: UInt8(ascii: "]")) else { return nil }
    }
  }

  private mutating func map(depth: Int) throws(FrontMatterError) -> FrontValue? {
    advance()
    var entries: [FrontEntry] = []
    while true {
      skipBlanks()
      guard let byte else { return nil }
      if byte == UInt8(ascii: "}") {
        advance()
        return .map(entries)
      }
      let isQuoted = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
      guard let name = isQuoted ? quoted() : plain(isKey: true) else { return nil }
      skipBlanks()
      var value = FrontValue.none
      if self.byte == UInt8(ascii: ":") {
        advance()
        skipBlanks()
        if self.byte != UInt8(ascii: ","), self.byte != UInt8(ascii: "}") {
          guard let read = try self.value(depth: depth + 1) else { return nil }
          value = read
        }
      }
      let key = name.text ?? ""
      guard entries.count < 1000 else {
        throw FrontMatterError(line: line, sentence: "a map holds more than 1,000 fields")
      }
      guard !entries.contains(where: { $0.key == key }) else {
        throw FrontMatterError(line: line, sentence: "the field '\(PlainText.quotable(key))' stands here twice")
      }
      entries.append(FrontEntry(key: key, value: value, line: line))
      guard try separator(before: UInt8(ascii: "}")) else { return nil }
    }
  }

  /// Goes over a comma, or stands at the closing bracket. False where the text ends.
  private mutating func separator(before end: UInt8) throws(FrontMatterError) -> Bool {
    skipBlanks()
    guard let byte else { return false }
    if byte == UInt8(ascii: ",") {
      advance()
    } else if byte != end {
      throw FrontMatterError(line: line, sentence: "a comma or a closing bracket is missing")
    }
    return true
  }

  private mutating func quoted() -> FrontValue? {
    guard let scalar = QuotedScalar(text[place...]) else { return nil }
    place = scalar.rest.startIndex
    return .text(scalar.text, isQuoted: true)
  }

  /// A plain scalar ends at a comma or a closing bracket, but not at one in parentheses: `[Bash(git *, ls), Read]`.
  private mutating func plain(isKey: Bool) -> FrontValue? {
    let start = place
    var open = 0
    while let byte {
      switch byte {
      case UInt8(ascii: "("): open += 1
      case UInt8(ascii: ")"): open -= 1
      case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"):
        if open <= 0 { return PlainText.value(String(PlainText.trimmed(text[start..<place]))) }
      case UInt8(ascii: ":") where isKey:
        let next = text.utf8.index(after: place)
        if next == text.utf8.endIndex || [0x20, 0x09, 0x2C, 0x7D].contains(text.utf8[next]) {
          return .text(String(PlainText.trimmed(text[start..<place])), isQuoted: false)
        }
      default: break
      }
      advance()
    }
    return nil
  }
}
