/// Reads the lines of front matter by their indentation. Takes time in proportion to them, and goes 16 levels deep.
struct FrontMatterReader {
  struct Line {
    var indent: Int
    /// Without the indentation.
    var content: Substring
    var number: Int
    var isBlank: Bool { content.isEmpty }
    var isComment: Bool { content.utf8.first == UInt8(ascii: "#") }
  }

  var lines: [Line]
  var index = 0
  private var depth = 0
  static let maxDepth = 16
  /// The most lines that one value in quotes or brackets may take: it is read anew with each.
  static let maxContinuation = 400

  static func read(_ lines: [String], firstNumber: Int) throws(FrontMatterError) -> [FrontEntry] {
    var reader = FrontMatterReader(lines, firstNumber: firstNumber)
    reader.skipEmpty()
    guard let first = reader.current else { return [] }
    guard first.indent == 0, !reader.isItem(first), reader.key(of: first.content) != nil else {
      throw reader.fault("here should stand a field, such as 'name: …'")
    }
    let fields = try reader.map(indent: 0)
    if reader.current != nil { throw reader.fault("here should stand a field, such as 'name: …'") }
    return fields
  }

  private init(_ lines: [String], firstNumber: Int) {
    self.lines = lines.enumerated().map { offset, line in
      let indent = line.utf8.prefix { $0 == 0x20 }.count
      var content = Substring(line.utf8.dropFirst(indent))
      while let last = content.utf8.last, last == 0x20 || last == 0x09 { content = Substring(content.utf8.dropLast()) }
      return Line(indent: content.isEmpty ? 0 : indent, content: content, number: firstNumber + offset)
    }
  }

  var current: Line? { index < lines.count ? lines[index] : nil }

  mutating func skipEmpty() {
    while let line = current, line.isBlank || line.isComment { index += 1 }
  }

  func fault(_ sentence: String, at line: Int? = nil) -> FrontMatterError {
    FrontMatterError(line: line ?? current?.number ?? lines.last?.number ?? 1, sentence: sentence)
  }

  private func isItem(_ line: Line) -> Bool { line.content == "-" || line.content.hasPrefix("- ") }

  /// The name that a line begins with, and what stands behind its colon; nil if it has none.
  private func key(of content: Substring) -> (key: String, rest: Substring)? {
    guard let first = content.utf8.first, first != UInt8(ascii: "["), first != UInt8(ascii: "{") else { return nil }
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
      guard let quoted = QuotedScalar(content), quoted.rest.utf8.first == UInt8(ascii: ":") else { return nil }
      let rest = quoted.rest.dropFirst()
      return rest.isEmpty || rest.hasPrefix(" ") || rest.hasPrefix("\t") ? (quoted.text, rest) : nil
    }
    let bytes = content.utf8
    var place = bytes.startIndex
    while let colon = bytes[place...].firstIndex(of: UInt8(ascii: ":")) {
      let next = bytes.index(after: colon)
      if next == bytes.endIndex || bytes[next] == 0x20 || bytes[next] == 0x09 {
        let key = PlainText.trimmed(content[..<colon])
        return key.isEmpty ? nil : (String(key), content[next...])
      }
      place = next
    }
    return nil
  }

  private mutating func map(indent: Int) throws(FrontMatterError) -> [FrontEntry] {
    var entries: [FrontEntry] = []
    var seen: Set<String> = []
    while true {
      skipEmpty()
      guard let line = current, line.indent >= indent else { return entries }
      guard line.content.utf8.first != 0x09 else { throw fault("a tab cannot indent a line here; use spaces") }
      guard line.indent == indent else { throw fault("this line is indented deeper than the one before it allows") }
      guard let (key, rest) = key(of: line.content), !isItem(line) else {
        if indent == 0 || !isItem(line) { throw fault("here should stand a field, such as 'name: …'") }
        return entries
      }
      guard seen.insert(key).inserted else { throw fault("the field '\(PlainText.quotable(key))' stands here twice") }
      index += 1
      entries.append(FrontEntry(key: key, value: try value(rest, in: indent, at: line.number), line: line.number))
    }
  }

  private mutating func sequence(indent: Int) throws(FrontMatterError) -> FrontValue {
    var values: [FrontValue] = []
    while true {
      skipEmpty()
      guard let line = current, line.indent == indent, isItem(line) else { break }
      let rest = line.content.dropFirst()
      let gap = rest.utf8.prefix { $0 == 0x20 }.count
      let inner = Line(indent: indent + 1 + gap, content: rest.dropFirst(gap), number: line.number)
      if !inner.isBlank, isItem(inner) || key(of: inner.content) != nil {
        lines[index] = inner
        values.append(try block(deeperThan: indent))
      } else {
        index += 1
        values.append(try value(rest, in: indent, at: line.number, isItem: true))
      }
    }
    if let line = current, line.indent > indent { throw fault("this line belongs to no entry of the list before it") }
    return .list(values)
  }

  /// What stands on the lines that are indented deeper.
  private mutating func block(deeperThan indent: Int) throws(FrontMatterError) -> FrontValue {
    skipEmpty()
    guard let line = current, line.indent > indent else { return .none }
    guard line.content.utf8.first != 0x09 else { throw fault("a tab cannot indent a line here; use spaces") }
    depth += 1
    defer { depth -= 1 }
    guard depth <= FrontMatterReader.maxDepth else { throw fault("the fields are nested too deeply") }
    if isItem(line) { return try sequence(indent: line.indent) }
    if key(of: line.content) != nil { return .map(try map(indent: line.indent)) }
    index += 1
    return try value(line.content, in: indent, at: line.number)
  }

  /// What stands behind a colon or a dash, and on the lines that go on with it.
  private mutating func value(
    _ rest: Substring, in indent: Int, at number: Int, isItem: Bool = false
  ) throws(FrontMatterError) -> FrontValue {
    let rest = PlainText.trimmed(rest)
    switch rest.utf8.first {
    case nil, UInt8(ascii: "#"):
      skipEmpty()
      // A list may stand at the same depth as the name that it belongs to; what follows an item there is its sibling.
      if let line = current, line.indent == indent, !isItem, self.isItem(line) {
        return try sequence(indent: indent)
      }
      return try block(deeperThan: indent)
    case UInt8(ascii: "|"), UInt8(ascii: ">"):
      if let header = BlockScalar(header: rest) { return blockScalar(header, in: indent) }
    case UInt8(ascii: "\""), UInt8(ascii: "'"):
      if let value = try quoted(rest, in: indent, at: number) { return value }
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      if let value = try flow(rest, in: indent, at: number) { return value }
    default: break
    }
    return PlainText.value(plain(rest, in: indent))
  }

  private mutating func plain(_ first: Substring, in indent: Int) -> String {
    var text = String(PlainText.withoutComment(first))
    var breaks = 0
    while let line = current, line.isBlank || line.indent > indent {
      index += 1
      if line.isBlank {
        breaks += 1
      } else if !line.isComment {
        text += breaks > 0 ? String(repeating: "\n", count: breaks) : " "
        text += PlainText.withoutComment(line.content)
        breaks = 0
      }
    }
    return text
  }

  private mutating func blockScalar(_ header: BlockScalar, in indent: Int) -> FrontValue {
    var raw: [Line] = []
    while let line = current, line.isBlank || line.indent > indent {
      raw.append(line)
      index += 1
    }
    return .text(header.text(of: raw.map { ($0.indent, $0.content) }, outer: indent), isQuoted: true)
  }

  /// Nil if more text follows the closing quote: then the quotes belong to a plain scalar.
  private mutating func quoted(
    _ first: Substring, in indent: Int, at number: Int
  ) throws(FrontMatterError) -> FrontValue? {
    let back = index
    var text = first
    for _ in 0..<FrontMatterReader.maxContinuation {
      if let scalar = QuotedScalar(text) {
        if PlainText.isEnd(scalar.rest) { return .text(scalar.text, isQuoted: true) }
        index = back
        return nil
      }
      // A quoted text that goes on, folded as it will be read.
      guard let line = current, line.isBlank || line.indent > indent else { break }
      index += 1
      text += line.isBlank ? "\n" : (text.hasSuffix("\n") ? "" : " ") + line.content
    }
    throw fault("a quote that is opened here is not closed", at: number)
  }

  /// Nil if more text follows the closing bracket: then the brackets belong to a plain scalar.
  private mutating func flow(
    _ first: Substring, in indent: Int, at number: Int
  ) throws(FrontMatterError) -> FrontValue? {
    let back = index
    var pieces = String(first)
    for _ in 0..<FrontMatterReader.maxContinuation {
      var reader = FlowReader(pieces, line: number)
      switch try reader.read() {
      case .value(let value) where PlainText.isEnd(reader.rest): return value
      case .value:
        index = back
        return nil
      case .unfinished: break
      }
      guard let line = current, line.isBlank || line.indent > indent || "]}".contains(line.content.first ?? " ") else {
        break
      }
      index += 1
      if !line.isComment { pieces += " " + PlainText.withoutComment(line.content) }
    }
    throw fault("a bracket that is opened here is not closed", at: number)
  }
}
