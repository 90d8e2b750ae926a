import WireText

/// Finds the JSON value in a model's final words: models put it into fences, or a sentence before it.
enum FinalAnswer {
  /// The value that the words are: all of them, the last fenced block, or what lies between the first and the last brace.
  static func json(in text: String) -> JSONValue? {
    if let value = whole(text) { return value }
    let bytes = Array(text.utf8)
    for opening in [UInt8(ascii: "{"), UInt8(ascii: "[")] {
      let closing = opening + 2
      guard let start = bytes.firstIndex(of: opening), let end = bytes.lastIndex(of: closing), start < end else {
        continue
      }
      if let value = try? JSONReader.read(Array(bytes[start...end])) { return value }
    }
    return nil
  }

  /// The object or array that all of the words are, a fence around it or not.
  static func whole(_ text: String) -> JSONValue? {
    if let value = try? JSONReader.read(text) { return value }
    guard let block = lastFence(text) else { return nil }
    return try? JSONReader.read(block)
  }

  /// The inside of the last block between lines of three backquotes.
  private static func lastFence(_ text: String) -> String? {
    var inside: [Substring]?
    var last: [Substring]?
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: { $0.isNewline }) {
      guard line.drop(while: { $0 == " " }).hasPrefix("```") else {
        inside?.append(line)
        continue
      }
      if let block = inside {
        last = block
        inside = nil
      } else {
        inside = []
      }
    }
    return last?.joined(separator: "\n")
  }
}
