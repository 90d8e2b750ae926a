/// The beginning and the end of an output that is too long to be handed on whole.
enum OutputExcerpt {
  /// The most bytes of an excerpt, and so the most characters.
  static let limit = 32_000

  /// The output in `extent`, read by `read(offset, count)`; of more than `limit` bytes, the head and the tail with one
  /// line between them that says how many bytes were left out and where all of it is.
  ///
  /// The cuts fall between the characters of UTF-8 text; bytes that are no UTF-8 pass unchanged. What `redaction` puts in
  /// place of a secret does not count.
  static func make(
    extent: OutputExtent, path: String, limit: Int = limit, redaction: Redaction = .none,
    read: (_ offset: Int, _ count: Int) throws(SystemCallError) -> [UInt8]
  ) throws(SystemCallError) -> [UInt8] {
    let total = extent.end - extent.start
    guard total > limit else { return redaction.bytes(try read(extent.start, total)) }
    // The longest form of the line between: with as many bytes left out as there are.
    let room = max(limit - note(leftOut: total, path: path).count, 0)
    let headRoom = room * 3 / 8
    let head = withoutCutCharacter(atEndOf: try read(extent.start, headRoom))
    let tail = withoutCutCharacter(atStartOf: try read(extent.end - (room - headRoom), room - headRoom))
    return redaction.bytes(Array(head), cut: .end) + note(leftOut: total - head.count - tail.count, path: path)
      + redaction.bytes(Array(tail), cut: .start)
  }

  private static func note(leftOut: Int, path: String) -> [UInt8] {
    Array("\n… \(leftOut) bytes left out; all of it is in \(path) …\n".utf8)
  }

  private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

  private static func withoutCutCharacter(atStartOf bytes: [UInt8]) -> ArraySlice<UInt8> {
    let cut = bytes.prefix(3).prefix(while: isContinuation).count
    return cut == 3 && bytes.count > 3 && isContinuation(bytes[3]) ? bytes[...] : bytes[cut...]
  }

  private static func withoutCutCharacter(atEndOf bytes: [UInt8]) -> ArraySlice<UInt8> {
    for back in 1...4 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if isContinuation(byte) { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > back ? bytes[..<(bytes.count - back)] : bytes[...]
    }
    return bytes[...]
  }
}
