extension JSONReader {
  /// The string whose opening quote the reader stands at.
  mutating func string() throws(JSONError) -> String {
    index += 1
    let start = index
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
        index += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      if byte < 0x20 { throw fault() }
      index += 1
    }
    throw fault()
  }

  /// Goes on at the first escape; what lies before it is copied.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var text = Array(bytes[start..<index])
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20:
        index -= 1
        throw fault()
      default: text.append(byte)
      }
    }
    throw fault()
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    guard index < bytes.count else { throw fault() }
    let byte = bytes[index]
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      index += 1
      return try unicode(into: &text)
    default: throw fault()
    }
    index += 1
  }

  /// A pair of surrogates is one scalar; a lone one becomes U+FFFD, and what follows it is read on its own.
  private mutating func unicode(into text: inout [UInt8]) throws(JSONError) {
    let unit = try fourDigits()
    var code = UInt32(unit)
    if UTF16.isLeadSurrogate(unit), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
      bytes[index + 1] == UInt8(ascii: "u")
    {
      let back = index
      index += 2
      let second = try fourDigits()
      if UTF16.isTrailSurrogate(second) {
        code = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
      } else {
        index = back
      }
    }
    text.append(contentsOf: UTF8.encode(Unicode.Scalar(code) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
  }

  private mutating func fourDigits() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard index < bytes.count else { throw fault() }
      switch bytes[index] {
      case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
        unit = unit << 4 | UInt16(byte - UInt8(ascii: "0"))
      case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte):
        unit = unit << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
      case let byte where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte):
        unit = unit << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
      default: throw fault()
      }
      index += 1
    }
    return unit
  }
}
