/// What the person who starts a script may set for the whole run.
public struct RunOptions: Sendable, Hashable {
  /// How many commands and agents run at once; more are queued.
  public var maxConcurrent = 10
  /// Whether somebody has said how many, so that the configuration does not.
  public var saysConcurrency = false
  /// How many run at once is found out instead, by the machine's load and by what gets done.
  public var isConcurrencyAutomatic = false
  /// How many tasks of an agent run at once, by its name.
  public var maxPerAgent: [String: Int] = [:]
  /// The longest the script may take, or nil for no limit.
  public var timeout: Duration?
  /// The most memory that the script's Lua values may take, in bytes.
  public var memoryLimit: Int?
  /// The most Lua instructions that one resume of the script may run. Counting costs about half of Lua's speed.
  public var instructionLimit: Int?
  /// What room the machine must have for another job to be started.
  public var pressure = Pressure.Limits()
  /// The preset of a sandbox for the commands of all tasks that name none of their own; see `sandboxes`.
  public var sandbox: String?
  /// The presets there are.
  public static var sandboxes: [String] { SandboxPolicy.presetNames }
  /// No progress lines.
  public var isQuiet = false
  /// Results as JSON on standard output.
  public var wantsJSON = false

  /// The most US dollars that the models of the run may cost.
  public var maxCost: Double?
  /// The most tokens that they may take.
  public var maxTokens: Int?
  /// Nothing is executed and nothing sent: commands are told, and a mock answers for the models.
  public var isDryRun = false

  /// Whether the run ends with 3, and its questions stay open, once it only waits for people.
  public var parks = false

  /// `--var key=value`: what the script finds in `args` by name.
  public var variables: [String: String] = [:]
  /// The state folder to use instead of the one that is found by walking up, or nil.
  public var home: String?

  /// The defaults.
  public init() {}
}
