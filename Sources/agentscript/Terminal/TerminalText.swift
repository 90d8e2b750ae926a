/// Makes text that others wrote harmless for a terminal.
///
/// The one door to every surface that people read: whatever could move the cursor, change the title or the clipboard,
/// turn the direction of reading, hide, or pose as our own output is shown as a visible escape (`\x1b`, `\u{202e}`).
/// The result is valid UTF-8, and nothing is left out. Backslashes that were there stay as they are: the result is for
/// reading, not for reading back.
enum TerminalText {
  /// Text for one cell or one line: line ends and tabs are shown as `\n` and `\t` too.
  static func line(_ text: String) -> String {
    if text.utf8.allSatisfy(isPlain) { return text }
    var result = ""
    for scalar in text.unicodeScalars { append(scalar, to: &result, breaksLines: false) }
    return result
  }

  /// Bytes for one line; what is not UTF-8 is shown as `\xff`.
  static func line(_ bytes: some Sequence<UInt8>) -> String {
    escape(bytes, breaksLines: false)
  }

  /// Text of many lines: line ends and tabs stay. A CR is dropped before a line end and shown as `\r` elsewhere.
  static func block(_ bytes: some Sequence<UInt8>) -> String {
    escape(bytes, breaksLines: true)
  }

  /// Text of many lines.
  static func block(_ text: String) -> String {
    block(text.utf8)
  }

  /// JSON whose strings hold no scalar that a terminal could act on or hide: those become `\uXXXX`, which every JSON
  /// parser reads back as the same text.
  static func json(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if scalar == "\n" || !isDangerous(scalar) {
        result.unicodeScalars.append(scalar)
      } else {
        for unit in String(scalar).utf16 { result += "\\u" + hexadecimal(UInt32(unit), digits: 4) }
      }
    }
    return result
  }

  /// True for a scalar that is never sent to a terminal as it is: controls (C0, C1, DEL), bidirectional formatting,
  /// line and paragraph separators, tags, and whatever is invisible by default. The joiners and the presentation
  /// selectors that ordinary scripts and emoji need are let through.
  static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20..<0x7F: false
    case 0..<0x20, 0x7F..<0xA0: true
    case 0x200C, 0x200D, 0xFE0E, 0xFE0F: false
    case 0x2028, 0x2029, 0xFFF9...0xFFFB: true
    case 0xA1...0xAC, 0xAE...0x034E: false
    default: scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.isBidiControl
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F
  }

  private static func escape(_ bytes: some Sequence<UInt8>, breaksLines: Bool) -> String {
    var escaper = TerminalEscaper(breaksLines: breaksLines)
    return escaper.feed(bytes) + escaper.finish()
  }

  fileprivate static func append(_ scalar: Unicode.Scalar, to result: inout String, breaksLines: Bool) {
    guard isDangerous(scalar) else {
      result.unicodeScalars.append(scalar)
      return
    }
    switch scalar {
    case "\n" where breaksLines, "\t" where breaksLines: result.unicodeScalars.append(scalar)
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case "\r": result += "\\r"
    case _ where scalar.value <= 0xFF: result += "\\x" + hexadecimal(scalar.value, digits: 2)
    default: result += "\\u{" + hexadecimal(scalar.value, digits: 4) + "}"
    }
  }

  fileprivate static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

/// The same for text that comes in pieces: a sequence that is cut between two of them is read as one.
struct TerminalEscaper {
  private let breaksLines: Bool
  private var splitter = UTF8Splitter()
  /// A CR has been read, and whether a line end follows it is not known yet.
  private var holdsReturn = false

  /// An escaper at the beginning of a text; with `breaksLines` line ends and tabs stay what they are.
  init(breaksLines: Bool) {
    self.breaksLines = breaksLines
  }

  /// What can be shown of the text so far.
  mutating func feed(_ bytes: some Sequence<UInt8>) -> String {
    var result = ""
    result.reserveCapacity(bytes.underestimatedCount)
    for byte in bytes {
      splitter.feed(byte) { Self.show($0, &holdsReturn, breaksLines, &result) }
    }
    return result
  }

  /// What was held back, at the end of the text.
  mutating func finish() -> String {
    var result = ""
    splitter.finish { Self.show($0, &holdsReturn, breaksLines, &result) }
    if holdsReturn { result += "\\r" }
    holdsReturn = false
    return result
  }

  private static func show(
    _ piece: UTF8Splitter.Piece, _ holdsReturn: inout Bool, _ breaksLines: Bool, _ result: inout String
  ) {
    if holdsReturn {
      holdsReturn = false
      if piece != .scalar("\n") { result += "\\r" }
    }
    switch piece {
    case .scalar("\r") where breaksLines: holdsReturn = true
    case .scalar(let scalar): TerminalText.append(scalar, to: &result, breaksLines: breaksLines)
    case .invalid(let byte): result += "\\x" + TerminalText.hexadecimal(UInt32(byte), digits: 2)
    }
  }
}
