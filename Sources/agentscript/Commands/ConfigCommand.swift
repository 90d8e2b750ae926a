internal import ArgumentParser
import Configuration
import Jobs
import WireText

/// `agentscript config`: what is configured, and by whom.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Shows, checks and imports the configuration.",
    usage: """
      agentscript config [--explain] [--json] [KEY]
      agentscript config check
      agentscript config import FILE [--write]
      """,
    discussion: """
      KEY is a setting, or a group of them. Keys of providers are never shown.

      Examples:
        agentscript config --explain
        agentscript config router.tier
        agentscript config import routes.json --write
      """,
    subcommands: [ConfigShowCommand.self, ConfigCheckCommand.self, ConfigImportCommand.self],
    defaultSubcommand: ConfigShowCommand.self)
}

/// `agentscript config [KEY]`.
struct ConfigShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows the settings that hold.",
    discussion: """
      Example:
        agentscript config show --explain limits
      """)

  @Flag(help: "Say where each value comes from.")
  var explain = false

  @Flag(help: "The settings as a JSON list, with where they come from.")
  var json = false

  @Argument(help: ArgumentHelp("A setting, as router.tier, or a group, as router.", valueName: "key"))
  var key: String?

  func run() throws {
    let settings = try Settings.load(.ofThisProcess())
    let reports = try chosen(settings.explain())
    if json {
      return try JSONOutput.write(
        list: reports.map {
          """
          {"key": \(JSONWriter.quoted($0.key)), "value": \($0.json), "shown": \(JSONWriter.quoted($0.value)), \
          "origin": \(JSONWriter.quoted($0.origin))}
          """
        })
    }
    let lines = reports.map { report in
      let origin = explain ? "  -- \(report.origin)" : ""
      return TerminalText.line("\(report.key) = \(report.value)\(origin)") + "\n"
    }
    try StandardStream.output.write(lines.joined())
    for note in settings.notes { StandardStream.error.talk("agentscript: \(TerminalText.line(note))\n") }
  }

  private func chosen(_ reports: [SettingReport]) throws(CommandFailure) -> [SettingReport] {
    guard let key else { return reports }
    let chosen = reports.filter {
      $0.key == key || $0.key.hasPrefix(key + ".") || $0.key.hasPrefix(key + "[")
    }
    let known = Settings.knownKeys
    let isGroup = known.contains { $0 == key || $0.hasPrefix(key + ".") }
    if !chosen.isEmpty || isGroup { return chosen }
    let near = NearMiss.best(for: key, among: known + reports.map(\.key)).map { "; did you mean '\($0)'?" } ?? ""
    throw .usage(TerminalText.line("there is no setting '\(key)'\(near)"))
  }
}

/// `agentscript config check`.
struct ConfigCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks the configuration files, and tells all that is wrong with them.",
    discussion: """
      Ends with 2 when something is wrong.

      Example:
        agentscript config check
      """)

  func run() throws {
    let check = SettingsCheck(.ofThisProcess())
    for finding in check.findings {
      switch finding {
      case .missing(let path): try StandardStream.output.write("\(TerminalText.line(path)): there is none\n")
      case .good(let path, let count):
        try StandardStream.output.write("\(TerminalText.line(path)): good, \(count) settings\n")
      case .ignored(let path, let why):
        try StandardStream.output.write(TerminalText.line("\(path): not read: \(why)") + "\n")
      case .broken(let problems):
        for problem in problems {
          StandardStream.error.talk("agentscript: \(TerminalText.line(problem.description))\n")
        }
      }
    }
    if check.isBroken { throw CommandEnd(.usage) }
  }
}

/// `agentscript config import`.
struct ConfigImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Makes a configuration of a gateway's tieredRouting.routes.",
    discussion: """
      Agents with their folders, memories and models are taken over, and nothing else; what is left out is said. The result \
      is written to standard output, or with --write to your own config.lua, where there is none yet.

      Example:
        agentscript config import routes.json --write
      """)

  @Flag(help: "Save it as your own configuration.")
  var write = false

  @Argument(help: ArgumentHelp("A file of JSON; - for standard input.", valueName: "file"), completion: .file())
  var file: String

  func run() throws {
    let imported = try RoutesImport(file: file == "-" ? nil : file)
    for note in imported.notes { StandardStream.error.talk("agentscript: \(TerminalText.line(note))\n") }
    guard write else { return try StandardStream.output.write(TerminalText.block(imported.text)) }
    guard let path = SettingsPlaces.ofThisProcess().userFile else {
      throw CommandFailure.failed("HOME and XDG_CONFIG_HOME name no folder for your configuration")
    }
    try imported.save(as: path)
    try StandardStream.output.write("\(TerminalText.line(path)): \(imported.count) agents\n")
  }
}
