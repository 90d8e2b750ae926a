public import Models

/// What an agent is: what it is told, which model it asks, and what it may use. From a file, from the configuration or built in.
public struct AgentRole: Sendable, Hashable {
  /// Its name, at most 64 characters.
  public var name: String
  /// What it is for. The selector goes by it.
  public var description: String
  /// The system prompt.
  public var system: String
  /// The model: `provider/model`, a model's own name, or an alias.
  public var model: String?
  /// Else the tier, as the role words it.
  public var tier: String?
  /// What follows when the model fails.
  public var fallbacks: [String]
  /// The tools that it may have, by our names; those of servers as `mcp__server__tool`, with `*` for many. Nil for all that
  /// there are.
  public var tools: [String]?
  /// The tools that it may not have, though it would by `tools`; in the same form.
  public var disallowedTools: [String]
  /// Rules for single calls, in order: of those that match, the last counts.
  public var permissions: [PermissionRule]
  /// The folder that it works in, absolute.
  public var workdir: String?
  /// The file of its memory, absolute.
  public var memory: String?
  /// The folder that its memory has to lie in; nil for anywhere.
  public var memoryRoot: String?
  /// The most turns that it takes.
  public var maxTurns: Int?
  /// `default`, `acceptEdits`, `plan`, `bypass` or `dontAsk`.
  public var permissionMode: String?
  /// How much work the model is to put into its answers.
  public var effort: String?
  /// Whether the selector may choose it; else it has to be named.
  public var isSelectable: Bool
  /// Where it comes from.
  public var source: RoleSource

  /// A role with all tools and nothing said of the rest.
  public init(name: String, description: String, system: String, source: RoleSource) {
    self.name = name
    self.description = description
    self.system = system
    self.source = source
    fallbacks = []
    disallowedTools = []
    permissions = []
    isSelectable = true
  }

  /// What it says to the router.
  public var route: AgentRoute {
    AgentRoute(model: model, tier: tier.flatMap(ModelTier.init(word:)), fallbacks: fallbacks)
  }

  /// Whether it may have a tool, by the tool's name.
  public func allows(tool: String) -> Bool {
    if disallowedTools.contains(where: { ToolNames.matches($0, tool) }) { return false }
    guard let tools else { return true }
    return tools.contains { ToolNames.matches($0, tool) }
  }

  /// Whether it can change anything: it may have `edit`, `write` or `bash`, and its mode does not forbid their use.
  public var canChange: Bool {
    permissionMode != "plan" && ["edit", "write", "bash"].contains { allows(tool: $0) }
  }
}

/// Where a role comes from.
public enum RoleSource: Sendable, Hashable {
  /// This program.
  case builtIn
  /// A file of the user's.
  case user(path: String)
  /// A file of the project's.
  case project(path: String)
  /// The configuration, of the user or of a trusted project.
  case configuration

  /// The file; nil if there is none.
  public var path: String? {
    switch self {
    case .user(let path), .project(let path): path
    case .builtIn, .configuration: nil
    }
  }

  /// One word: `built-in`, `user`, `project`, `configuration`.
  public var word: String {
    switch self {
    case .builtIn: "built-in"
    case .user: "user"
    case .project: "project"
    case .configuration: "configuration"
    }
  }
}

/// Something about a role's file that its user should know.
public struct RoleProblem: Error, Sendable, Hashable {
  /// How bad it is.
  public enum Kind: String, Sendable, Hashable {
    /// The role is not there.
    case error
    /// The role is there, without what the sentence names.
    case note
    /// Files are left aside, because nobody said that the project is trusted.
    case untrusted
  }

  /// How bad it is.
  public var kind: Kind
  /// The file or folder; nil for what concerns none.
  public var path: String?
  /// The line, from 1, where one is to blame.
  public var line: Int?
  /// What is wrong. Holds foreign words: escape it before a terminal sees it.
  public var sentence: String

  /// A problem.
  public init(_ kind: Kind, path: String?, line: Int? = nil, _ sentence: String) {
    self.kind = kind
    self.path = path
    self.line = line
    self.sentence = sentence
  }
}

extension RoleProblem: CustomStringConvertible {
  /// `PATH:LINE: sentence`.
  public var description: String {
    guard let path else { return sentence }
    return line.map { "\(path):\($0): \(sentence)" } ?? "\(path): \(sentence)"
  }
}
