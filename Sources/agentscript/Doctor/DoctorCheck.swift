import WireText
/// One thing that was looked at, and what was found.
struct DoctorCheck: Hashable {
  /// What it means for jobs.
  enum Verdict: String {
    case ok
    /// Something works less well than it could.
    case warning
    /// Something keeps jobs from running.
    case problem
    /// Nothing to judge.
    case note
  }

  let name: String
  let verdict: Verdict
  /// One sentence or a part of one, harmless to show.
  let finding: String
  /// What to do about it, for a warning or a problem.
  let fix: String?

  static func ok(_ name: String, _ finding: String) -> DoctorCheck { check(name, .ok, finding, nil) }
  static func note(_ name: String, _ finding: String) -> DoctorCheck { check(name, .note, finding, nil) }
  static func warning(_ name: String, _ finding: String, fix: String) -> DoctorCheck {
    check(name, .warning, finding, fix)
  }
  static func problem(_ name: String, _ finding: String, fix: String?) -> DoctorCheck {
    check(name, .problem, finding, fix)
  }

  private static func check(_ name: String, _ verdict: Verdict, _ finding: String, _ fix: String?) -> DoctorCheck {
    DoctorCheck(name: name, verdict: verdict, finding: TerminalText.line(finding), fix: fix.map(TerminalText.line))
  }
}

/// How checks look: lines for people, JSON for programs. Pure.
struct DoctorReport {
  let checks: [DoctorCheck]

  /// Whether jobs can run.
  var isUsable: Bool { !checks.contains { $0.verdict == .problem } }

  /// One line for each check, and one more for what can be done about it.
  func lines(_ palette: Palette) -> [String] {
    let width = checks.map { TextWidth.of($0.name) }.max() ?? 0
    return checks.flatMap { check in
      let sign =
        switch check.verdict {
        case .ok: palette.good("✓")
        case .warning: palette.warning("!")
        case .problem: palette.bad("✗")
        case .note: palette.dim("·")
        }
      let line = "\(sign) \(palette.dim(TextWidth.padded(check.name, to: width)))  \(check.finding)"
      guard let fix = check.fix else { return [line] }
      return [line, "\(String(repeating: " ", count: width + 4))→ \(fix)"]
    }
  }

  /// `{"usable": …, "checks": [{"name", "verdict", "finding", "fix"}]}`
  var json: String {
    let items = checks.map { check in
      let fix = check.fix.map(JSONWriter.quoted) ?? "null"
      return """
          {
            "name": \(JSONWriter.quoted(check.name)),
            "verdict": "\(check.verdict.rawValue)",
            "finding": \(JSONWriter.quoted(check.finding)),
            "fix": \(fix)
          }
        """
    }
    return "{\n  \"usable\": \(isUsable),\n  \"checks\": [\n\(items.joined(separator: ",\n"))\n  ]\n}"
  }
}
