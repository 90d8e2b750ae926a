internal import ArgumentParser
import Configuration
import Jobs
import Runtime

/// `agentscript doctor`: whether jobs can run here, and how well they are held.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Checks whether jobs can run here, what holds their processes together, and what is not defended.",
    discussion: """
      Ends with 1 when something would keep jobs from running; each such thing is named with what to do about it.

      Example:
        agentscript doctor --json
      """)

  @Flag(help: "The checks as JSON.")
  var json = false

  func run() throws {
    let report = DoctorReport(
      checks: MachineChecks.all(.ofThisProcess(), .current) + StateChecks.all() + [Self.secrets, Self.undefended])
    if json {
      try JSONOutput.write(report.json)
    } else {
      let stream = StandardStream.output
      try stream.write(report.lines(Palette(isColored: stream.wantsColor)).map { $0 + "\n" }.joined())
    }
    if !report.isUsable { throw CommandEnd(.failed) }
  }

  private static var secrets: DoctorCheck {
    do throws(SettingsError) {
      let names = try KnownSecrets.redaction().names
      return names.isEmpty
        ? .ok("secrets", "no variable of the environment holds one, by its name (AGENTSCRIPT_SECRETS=NAME lists more)")
        : .ok("secrets", "kept out of records: \(names.joined(separator: ", "))")
    } catch {
      return .warning(
        "secrets", TerminalText.line("the configuration cannot be used: \(error)"),
        fix: "see 'agentscript config check'")
    }
  }

  private static let undefended = DoctorCheck.note(
    "undefended",
    "root, other programs of this user outside of a sandbox, bugs of the kernel, and what a command does with what it may "
      + "do: see docs/threat-model.md")
}
