/// What texts of settings must look like.
enum TextCheck {
  /// What it must be; nil if it is that.
  static func problem(_ text: String, _ rule: SettingShape.TextRule) -> String? {
    switch rule {
    case .any: text.isEmpty ? "a text that is not empty" : nil
    case .variable: isVariable(text) ? nil : "the name of a variable of the environment"
    case .name: isName(text) ? nil : "a name of letters, digits, '-', '_' and '.'"
    case .model: isModel(text) ? nil : "\"provider/model\""
    case .url: HTTPOrigin(of: text) == nil ? "a URL such as https://host/v1, without user and password" : nil
    case .pattern: text.isEmpty ? "the name of a tool, or a pattern such as \"mcp__*\"" : nil
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & ~0x20) }

  private static func isVariable(_ text: String) -> Bool {
    guard let first = text.utf8.first, !isDigit(first) else { return false }
    return text.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == 0x5F }
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, isDigit(first) || isLetter(first), text.utf8.count <= 128 else { return false }
    return text.utf8.allSatisfy { isDigit($0) || isLetter($0) || "-_.".utf8.contains($0) }
  }

  private static func isModel(_ text: String) -> Bool {
    guard let slash = text.firstIndex(of: "/") else { return false }
    let model = text[slash...].dropFirst()
    return isName(String(text[..<slash])) && !model.isEmpty && model.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }
}
