public import Models

/// An agent of the configuration, as it was written. Paths of a project's agents are absolute.
public struct RoleSettings: Sendable, Hashable {
  /// Its name.
  public var name: String
  /// What it is for.
  public var description: String?
  /// Its system prompt.
  public var system: String?
  /// A model or an alias.
  public var model: String?
  /// A tier's word.
  public var tier: String?
  /// Models to fall back to.
  public var fallbacks: [String]
  /// The tools that it has; nil for all.
  public var tools: [String]?
  /// Tools that it has not.
  public var disallowedTools: [String]
  /// Where it works.
  public var workdir: String?
  /// A file that it reads at its start and may append to.
  public var memory: String?
  /// The most turns.
  public var maxTurns: Int?
  /// `default`, `acceptEdits`, `plan`, `bypass` or `dontAsk`.
  public var permissionMode: String?
  /// The file that says so.
  public var source: String
  /// Whether that is the project's.
  public var isOfProject: Bool

  /// An agent of which only the name and the place are said.
  public init(name: String, source: String, isOfProject: Bool = false) {
    self.name = name
    self.source = source
    self.isOfProject = isOfProject
    fallbacks = []
    disallowedTools = []
  }
}

/// A rule for tools.
public struct ToolRule: Sendable, Hashable {
  /// What happens.
  public enum Answer: String, Sendable, Hashable { case allow, ask, deny }
  /// A tool's name, or a pattern over names.
  public var tool: String
  /// A pattern over what the tool is asked to do.
  public var pattern: String
  /// What happens.
  public var answer: Answer

  /// A rule by its parts.
  public init(tool: String, pattern: String = "*", answer: Answer) {
    self.tool = tool
    self.pattern = pattern
    self.answer = answer
  }
}

/// The rules of one file, the general ones before the special ones.
public struct ToolRuleLayer: Sendable, Hashable {
  /// Whose they are. Those of a project only narrow.
  public var origin: SettingOrigin
  /// The rules: with fewer letters that are no wildcards first, of equals the strictest last.
  public var rules: [ToolRule]

  /// Rules in this order.
  public init(origin: SettingOrigin, rules: [ToolRule]) {
    self.origin = origin
    self.rules = rules
  }
}

/// An MCP server.
public struct ServerSettings: Sendable, Hashable {
  /// Its name.
  public var name: String
  /// The program and its arguments.
  public var command: [String]
  /// Variables that it gets.
  public var environment: [String: String]
  /// Where it is started.
  public var cwd: String?
  /// Patterns of the tools that are used; nil for all.
  public var tools: [String]?

  /// A server by its parts.
  public init(
    name: String, command: [String], environment: [String: String] = [:], cwd: String? = nil, tools: [String]? = nil
  ) {
    self.name = name
    self.command = command
    self.environment = environment
    self.cwd = cwd
    self.tools = tools
  }
}

/// Limits of one model task.
public struct TaskLimits: Sendable, Hashable {
  /// Turns.
  public var maxTurns: Int
  /// Tokens; nil for no limit.
  public var maxTokens: Int?
  /// Money; nil for no limit.
  public var maxCost: Money?
  /// The time of one task.
  public var timeout: Duration

  /// Limits by their parts; without words the built-in ones.
  public init(
    maxTurns: Int = 50, maxTokens: Int? = nil, maxCost: Money? = nil, timeout: Duration = .seconds(1800)
  ) {
    self.maxTurns = maxTurns
    self.maxTokens = maxTokens
    self.maxCost = maxCost
    self.timeout = timeout
  }
}
