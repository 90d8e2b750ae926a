/// What the person who starts a script may set for the whole run.
public struct RunOptions: Sendable, Hashable {
  /// How many commands and agents run at once; more are queued.
  public var maxConcurrent = 10
  /// The longest the script may take, or nil for no limit.
  public var timeout: Duration?
  /// The most memory that the script's Lua values may take, in bytes.
  public var memoryLimit: Int?
  /// The most Lua instructions that one resume of the script may run. Counting costs about half of Lua's speed.
  public var instructionLimit: Int?
  /// No progress lines.
  public var isQuiet = false
  /// Results as JSON on standard output.
  public var wantsJSON = false

  /// The defaults.
  public init() {}
}
