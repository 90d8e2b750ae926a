public import Agents
internal import Jobs
public import Models

/// What the user, the project, the environment and the command line say, put together.
///
/// Loading reads the user's file, and the project's if it is trusted; it starts nothing and sends nothing. No description of it
/// holds a key.
public struct Settings: Sendable {
  /// What happens when a model agent's tool asks and nobody is there.
  public enum AskRule: String, Sendable, Hashable {
    /// It is refused.
    case deny
    /// The run waits for a person, or is parked.
    case park
  }

  /// Which models can be called, and with what.
  public var models: ModelSetup
  /// The model for work that names neither a model nor a tier; nil for the router's choice.
  public var model: String?
  /// Agents of the configuration. Paths of a project's are within it, relative memories of the user's beside their configuration.
  public var roles: [AgentRole]
  /// Rules for tools, the user's before the project's, which only narrow; in each what says less goes before what says more.
  public var permissions: [PermissionPolicy.Layer]
  /// What happens when a tool asks and nobody is there.
  public var onAsk: AskRule
  /// MCP servers that model agents may use.
  public var servers: [MCPServerSpec]
  /// Limits of one model task.
  public var limits: TaskLimits
  /// The budget of a whole run.
  public var budget: BudgetLimit
  /// Further variables that hold secrets.
  public var secrets: [String]
  /// How many jobs run at once.
  public var maxConcurrent: Int
  /// Whether somebody has said how many, so that it is not the built-in number.
  public var isMaxConcurrentSet: Bool
  /// How many jobs of an agent run at once.
  public var maxPerAgent: [String: Int]
  /// The project's folder; nil for none.
  public var project: String?
  /// The files of the project that count, by their absolute paths: the very bytes that are trusted. Nil if it is not trusted.
  public var projectFiles: [String: [UInt8]]?
  /// Whether what the project brings may count.
  public var projectIsTrusted: Bool { projectFiles != nil }
  /// What a person should know: a project that is not trusted, settings of it that do not count, keys that are withheld.
  public var notes: [String]

  let merge: SettingsMerge
  let keys: [String: KeyBinding.Verdict]

  /// Reads and checks everything.
  ///
  /// `overrides` are options by the path of the setting and the option's name: `["budget", "cost"]` as `("--budget", "2.5")`. A file
  /// that cannot be read or holds anything unknown is an error, and never passed over.
  public static func load(
    _ places: SettingsPlaces, overrides: [(path: [String], option: String, text: String)] = []
  ) throws(SettingsError) -> Settings {
    var merge = SettingsMerge()
    if let path = places.userFile, let file = try ConfigFile.ofUser(path) {
      merge.add(try SettingsReader.entries(of: ConfigChunk.evaluate(file), in: path), .user(path))
    }
    var own = merge
    let trust = ProjectTrust.verdict(places)
    var notes = trust.note.map { [$0] } ?? []
    if let file = trust.configuration {
      let entries = try SettingsReader.entries(of: ConfigChunk.evaluate(file), in: file.path)
      if let folder = places.project { try ProjectPaths.check(entries, in: folder, file.path) }
      merge.add(entries, .project(file.path))
    }
    for (origin, entry) in try EnvironmentSettings.entries(places.environment) {
      merge.add([entry], origin)
      own.add([entry], origin)
    }
    for override in overrides {
      let entry = try SettingsReader.entry(override.path, text: override.text, in: override.option)
      merge.add([entry], .option(override.option))
    }
    notes += merge.notes
    var builder = SettingsBuilder(merge, own: own, places, trust, notes)
    return try builder.settings()
  }
}
