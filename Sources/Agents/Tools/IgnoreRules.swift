/// The rules of one `.gitignore` (gitignore(5)). Pure.
struct IgnoreRules: Sendable {
  private struct Rule: Sendable {
    let pattern: PathPattern
    let isNegated: Bool
    let onlyFolders: Bool
  }

  private let rules: [Rule]

  /// Lines that are no rules are left out.
  init(_ bytes: [UInt8]) {
    rules = bytes.split(separator: 0x0A).prefix(10_000).compactMap { IgnoreRules.rule($0) }
  }

  private static func rule(_ line: ArraySlice<UInt8>) -> Rule? {
    var line = line
    if line.last == 0x0D { line = line.dropLast() }
    while line.last == 0x20, line.dropLast().last != UInt8(ascii: "\\") { line = line.dropLast() }
    guard let first = line.first, first != UInt8(ascii: "#") else { return nil }
    let isNegated = first == UInt8(ascii: "!")
    if isNegated { line = line.dropFirst() }
    let onlyFolders = line.last == UInt8(ascii: "/")
    if onlyFolders { line = line.dropLast() }
    // Braces mean themselves here.
    var text = String(decoding: line, as: UTF8.self)
    guard !text.isEmpty, !text.utf8.contains(UInt8(ascii: "{")) else { return nil }
    // A slash anywhere but at the end ties the rule to this folder.
    if text.utf8.contains(UInt8(ascii: "/")) { text = "./" + text }
    guard let pattern = PathPattern(text) else { return nil }
    return Rule(pattern: pattern, isNegated: isNegated, onlyFolders: onlyFolders)
  }

  /// Whether a path below the rules' folder is ignored; nil if no rule says anything. The last rule that fits counts.
  func verdict(_ names: [String], isFolder: Bool) -> Bool? {
    for rule in rules.reversed() where isFolder || !rule.onlyFolders {
      if rule.pattern.matches(names) { return !rule.isNegated }
    }
    return nil
  }
}
