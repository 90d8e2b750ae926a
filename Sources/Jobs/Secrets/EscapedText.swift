/// What a text with escapes says, and where each byte of that stands in the text. Pure.
struct EscapedText {
  /// The text without its escapes.
  private(set) var bytes: [UInt8] = []
  /// For each byte, where what it was written as begins; behind the last one, the text's length.
  private var origins: [Int] = []

  /// Where the bytes in `range` stand in the text.
  func origin(of range: Range<Int>) -> Range<Int> { origins[range.lowerBound]..<origins[range.upperBound] }

  /// Reads `%41` as URLs have it; nil if there is none.
  init?(percent text: [UInt8]) {
    guard text.contains(UInt8(ascii: "%")) else { return nil }
    read(text) { text, index in
      guard text[index] == UInt8(ascii: "%"), let byte = EscapedText.hex(text, index + 1, count: 2) else { return nil }
      return ([UInt8(byte)], 3)
    }
  }

  /// Reads `\n`, `\"`, `\u0041` as strings in JSON and most languages have it; nil if there is none.
  init?(backslash text: [UInt8]) {
    guard text.contains(UInt8(ascii: "\\")) else { return nil }
    read(text) { text, index in
      guard text[index] == UInt8(ascii: "\\"), index + 1 < text.count else { return nil }
      switch text[index + 1] {
      case UInt8(ascii: "n"): return ([0x0A], 2)
      case UInt8(ascii: "r"): return ([0x0D], 2)
      case UInt8(ascii: "t"): return ([0x09], 2)
      case UInt8(ascii: "b"): return ([0x08], 2)
      case UInt8(ascii: "f"): return ([0x0C], 2)
      case UInt8(ascii: "u"): return EscapedText.unicode(text, index)
      case let byte where "\"'\\/".utf8.contains(byte): return ([byte], 2)
      default: return nil
      }
    }
  }

  private mutating func read(_ text: [UInt8], _ escape: ([UInt8], Int) -> (bytes: [UInt8], length: Int)?) {
    bytes.reserveCapacity(text.count)
    origins.reserveCapacity(text.count + 1)
    var index = 0
    while index < text.count {
      let (said, length) = escape(text, index) ?? ([text[index]], 1)
      bytes += said
      for _ in said { origins.append(index) }
      index += length
    }
    origins.append(text.count)
  }

  private static func unicode(_ text: [UInt8], _ index: Int) -> (bytes: [UInt8], length: Int)? {
    guard let first = hex(text, index + 2, count: 4) else { return nil }
    if let scalar = Unicode.Scalar(first) { return (Array(String(Character(scalar)).utf8), 6) }
    let next = index + 6
    guard (0xD800..<0xDC00).contains(first), next + 1 < text.count, text[next] == UInt8(ascii: "\\"),
      text[next + 1] == UInt8(ascii: "u"), let second = hex(text, next + 2, count: 4),
      (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { return nil }
    return (Array(String(Character(scalar)).utf8), 12)
  }

  private static func hex(_ text: [UInt8], _ start: Int, count: Int) -> UInt32? {
    guard start + count <= text.count else { return nil }
    var value: UInt32 = 0
    for byte in text[start..<(start + count)] {
      switch byte {
      case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
      case 0x41...0x46: value = value << 4 | UInt32(byte - 0x37)
      case 0x61...0x66: value = value << 4 | UInt32(byte - 0x57)
      default: return nil
      }
    }
    return value
  }
}
