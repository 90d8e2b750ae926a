/// What a rule's pattern is compared with.
struct PermissionSubject {
  let text: String?
  /// Other spellings, which count for rules that forbid or ask: a program by its path instead of its name.
  private let others: [String]

  init(_ text: String?) {
    self.text = text
    others = []
  }

  init(_ command: ShellCommand) {
    text = command.text
    others = command.otherTexts
  }

  func fits(_ pattern: String, loosely: Bool) -> Bool {
    guard let text else { return false }
    return PermissionSubject.fits(pattern, text)
      || (loosely && others.contains { PermissionSubject.fits(pattern, $0) })
  }

  private static func fits(_ pattern: String, _ text: String) -> Bool {
    if Glob.matches(pattern, text) { return true }
    // As other programs spell it: `npm run:*`.
    if pattern.hasSuffix(":*") { return fits(pattern.dropLast(2) + " *", text) }
    return pattern.hasSuffix(" *") && Glob.matches(String(pattern.dropLast(2)), text)
  }
}

extension PermissionRule {
  func fits(_ tool: String, _ subject: PermissionSubject) -> Bool {
    guard Glob.matches(self.tool, tool) else { return false }
    guard let pattern else { return true }
    return subject.fits(pattern, loosely: verdict != .allow)
  }
}
