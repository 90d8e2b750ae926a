/// Plain scalars.
enum PlainText {
  /// Without blanks at both ends.
  static func trimmed(_ text: Substring) -> Substring {
    var bytes = text.utf8
    while let first = bytes.first, first == 0x20 || first == 0x09 { bytes = bytes.dropFirst() }
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
    return Substring(bytes)
  }

  /// Without a comment: `#` behind a blank, or at the beginning.
  static func withoutComment(_ text: Substring) -> Substring {
    var before: UInt8 = 0x20
    for index in text.utf8.indices {
      let byte = text.utf8[index]
      if byte == UInt8(ascii: "#"), before == 0x20 || before == 0x09 { return trimmed(text[..<index]) }
      before = byte
    }
    return trimmed(text)
  }

  /// Whether nothing follows but a comment.
  static func isEnd(_ text: Substring) -> Bool {
    guard let first = text.utf8.first else { return true }
    guard first == 0x20 || first == 0x09 else { return false }
    return withoutComment(text).isEmpty
  }

  static func value(_ text: String) -> FrontValue {
    ["", "~", "null", "Null", "NULL"].contains(text) ? .none : .text(text, isQuoted: false)
  }

  /// A foreign word for a sentence: its beginning, without what could act on a terminal.
  static func quotable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(80) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: result += "?"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return text.unicodeScalars.count > 80 ? result + "…" : result
  }
}

/// A scalar in quotes.
struct QuotedScalar {
  private(set) var text: String
  /// What follows the closing quote.
  private(set) var rest: Substring

  /// Nil if it is not closed.
  init?(_ source: Substring) {
    let quote = source.utf8.first ?? 0
    var bytes: [UInt8] = []
    var place = source.utf8.index(after: source.utf8.startIndex)
    let end = source.utf8.endIndex
    while place < end {
      let byte = source.utf8[place]
      place = source.utf8.index(after: place)
      if byte == quote {
        if quote == UInt8(ascii: "'"), place < end, source.utf8[place] == quote {
          bytes.append(quote)
          place = source.utf8.index(after: place)
          continue
        }
        text = String(decoding: bytes, as: UTF8.self)
        rest = source[place...]
        return
      }
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        guard place < end else { return nil }
        let length = QuotedScalar.escape(source.utf8[place...], into: &bytes)
        place = source.utf8.index(place, offsetBy: length)
      } else {
        bytes.append(byte)
      }
    }
    return nil
  }

  /// Reads what follows a backslash, and says how much that is. What YAML does not know stays as it is.
  private static func escape(_ source: Substring.UTF8View, into bytes: inout [UInt8]) -> Int {
    let byte = source.first ?? 0
    switch byte {
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: " "), UInt8(ascii: "'"):
      bytes.append(byte)
    case UInt8(ascii: "x"), UInt8(ascii: "u"), UInt8(ascii: "U"):
      let count = byte == UInt8(ascii: "x") ? 2 : byte == UInt8(ascii: "u") ? 4 : 8
      let digits = String(decoding: source.dropFirst().prefix(count), as: UTF8.self)
      guard digits.utf8.count == count, let code = UInt32(digits, radix: 16), code > 0,
        let scalar = Unicode.Scalar(code)
      else { fallthrough }
      bytes += Array(String(Character(scalar)).utf8)
      return 1 + count
    default: bytes += [UInt8(ascii: "\\"), byte]
    }
    return 1
  }
}

/// The head of a scalar on lines of its own: `|`, `>-`, `|2+`.
struct BlockScalar {
  private var isFolded: Bool
  private var chomping: UInt8?
  private var givenIndent: Int?

  /// Nil if it is no such head.
  init?(header: Substring) {
    let bytes = Array(PlainText.withoutComment(header).utf8)
    guard bytes.count <= 3 else { return nil }
    isFolded = bytes[0] == UInt8(ascii: ">")
    for byte in bytes.dropFirst() {
      switch byte {
      case UInt8(ascii: "+"), UInt8(ascii: "-"): chomping = byte
      case UInt8(ascii: "1")...UInt8(ascii: "9"): givenIndent = Int(byte - UInt8(ascii: "0"))
      default: return nil
      }
    }
  }

  /// The text that these lines are.
  func text(of lines: [(indent: Int, content: Substring)], outer: Int) -> String {
    let indent = givenIndent.map { $0 + outer } ?? lines.first { !$0.content.isEmpty }?.indent ?? 0
    var rows = lines.map {
      $0.content.isEmpty ? "" : String(repeating: " ", count: max(0, $0.indent - indent)) + $0.content
    }
    var blanks = 0
    while rows.last == "" {
      rows.removeLast()
      blanks += 1
    }
    guard !rows.isEmpty else { return "" }
    let text = isFolded ? BlockScalar.folded(rows) : rows.joined(separator: "\n")
    switch chomping {
    case UInt8(ascii: "-"): return text
    case UInt8(ascii: "+"): return text + String(repeating: "\n", count: blanks + 1)
    default: return text + "\n"
    }
  }

  private static func folded(_ rows: [String]) -> String {
    var text = ""
    var breaks = 0
    var before = ""
    for row in rows {
      if row.isEmpty {
        breaks += 1
        continue
      }
      if !text.isEmpty {
        // Lines that are indented further keep their ends.
        let isKept = row.hasPrefix(" ") || before.hasPrefix(" ")
        text += breaks > 0 ? String(repeating: "\n", count: breaks + (isKept ? 1 : 0)) : isKept ? "\n" : " "
      }
      text += row
      before = row
      breaks = 0
    }
    return text
  }
}
