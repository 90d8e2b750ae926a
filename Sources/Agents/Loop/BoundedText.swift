/// Texts cut to a length: what is kept is their head and their tail.
enum BoundedText {
  /// The text, or head and tail of it with a line between them that says how many bytes are left out. The outcome has at most
  /// `limit` bytes and the length of that line.
  static func cut(_ text: String, limit: Int, hint: String = "") -> String {
    let length = text.utf8.count
    guard length > limit else { return text }
    let head = prefix(text, bytes: limit * 2 / 3)
    let tail = suffix(text, bytes: limit - limit * 2 / 3)
    let left = length - head.utf8.count - tail.utf8.count
    return "\(head)\n[… \(left) bytes are left out here\(hint.isEmpty ? "" : "; " + hint) …]\n\(tail)"
  }

  /// The longest beginning of so many bytes that splits no character.
  static func prefix(_ text: String, bytes: Int) -> Substring {
    let utf8 = text.utf8
    guard utf8.count > bytes else { return text[...] }
    var end = utf8.index(utf8.startIndex, offsetBy: max(bytes, 0))
    while end > utf8.startIndex, isContinuation(utf8[end]) { utf8.formIndex(before: &end) }
    return text[..<end]
  }

  /// The longest end of so many bytes that splits no character.
  static func suffix(_ text: String, bytes: Int) -> Substring {
    let utf8 = text.utf8
    guard utf8.count > bytes else { return text[...] }
    var start = utf8.index(utf8.endIndex, offsetBy: -max(bytes, 0))
    while start < utf8.endIndex, isContinuation(utf8[start]) { utf8.formIndex(after: &start) }
    return text[start...]
  }

  /// True if the text holds nothing but spaces and line ends.
  static func isBlank(_ text: some StringProtocol) -> Bool {
    text.utf8.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
  }

  private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
