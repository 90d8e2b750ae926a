/// What stands between the two lines `---` at the beginning of a Markdown file, and the text behind it.
///
/// The form is the part of YAML that such files use: scalars (plain, quoted, `|` and `>`), lists and maps in both spellings,
/// comments. As in the programs that made these files, a plain scalar may hold `: `; anchors, tags and aliases are text.
struct FrontMatter: Hashable {
  /// The fields in their order; each name once.
  var fields: [FrontEntry]
  /// What follows, without blank lines around it.
  var body: String

  /// The most bytes that the fields may take.
  static let maxBytes = 64 << 10

  /// Reads a file's text. Nil if it does not begin with a line `---`.
  init?(_ text: String) throws(FrontMatterError) {
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
      String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
    }
    if let first = lines.first, first.unicodeScalars.first == "\u{FEFF}" {
      lines[0] = String(String.UnicodeScalarView(first.unicodeScalars.dropFirst()))
    }
    guard let first = lines.first, FrontMatter.isMark(first, "---") else { return nil }
    let end = lines.dropFirst().firstIndex { FrontMatter.isMark($0, "---") || FrontMatter.isMark($0, "...") }
    guard let end else {
      throw FrontMatterError(line: 1, sentence: "the front matter has no closing line '---'")
    }
    let inner = lines[1..<end]
    guard inner.reduce(0, { $0 + $1.utf8.count }) <= FrontMatter.maxBytes else {
      throw FrontMatterError(line: 1, sentence: "the front matter has more than \(FrontMatter.maxBytes >> 10) KiB")
    }
    fields = try FrontMatterReader.read(Array(inner), firstNumber: 2)
    body = FrontMatter.trimmed(lines[(end + 1)...])
  }

  private static func isMark(_ line: String, _ mark: String) -> Bool {
    line.hasPrefix(mark) && line.utf8.dropFirst(3).allSatisfy { $0 == 0x20 || $0 == 0x09 }
  }

  private static func trimmed(_ lines: ArraySlice<String>) -> String {
    let isBlank: (String) -> Bool = { $0.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
    guard let first = lines.firstIndex(where: { !isBlank($0) }), let last = lines.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return lines[first...last].joined(separator: "\n")
  }

  /// The value of a field; nil if it is not there or empty.
  subscript(key: String) -> FrontValue? {
    guard let value = fields.first(where: { $0.key == key })?.value, value != .none else { return nil }
    return value
  }

  /// The line of a field.
  func line(of key: String) -> Int? { fields.first { $0.key == key }?.line }
}

/// A value in front matter.
indirect enum FrontValue: Hashable {
  /// Nothing stands there, or `null` or `~`.
  case none
  /// A scalar; whether it is a number or a word is for its reader to say.
  case text(String, isQuoted: Bool)
  /// A list.
  case list([FrontValue])
  /// A map; each name once.
  case map([FrontEntry])

  /// The scalar.
  var text: String? {
    guard case .text(let text, _) = self else { return nil }
    return text
  }
}

/// A name and its value.
struct FrontEntry: Hashable {
  var key: String
  var value: FrontValue
  /// The line in the file, from 1.
  var line: Int
}

/// Why front matter cannot be read.
struct FrontMatterError: Error, Hashable {
  /// The line in the file, from 1.
  var line: Int
  var sentence: String
}
