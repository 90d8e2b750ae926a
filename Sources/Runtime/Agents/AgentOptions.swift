internal import Models
internal import WireText

/// What a task with a prompt says about the agent that is to answer it. What is nil the agent's role says, else the
/// configuration.
struct AgentOptions: Sendable, Hashable {
  /// A function of the script that the agent may call as a tool.
  struct ScriptTool: Sendable, Hashable {
    var name: String
    var description: String
    /// The JSON Schema of its arguments.
    var parameters: JSONValue
  }

  var model: String?
  var tier: String?
  var fallbacks: [String] = []
  /// Takes the place of the role's system prompt.
  var system: String?
  /// The form that the answer has to have.
  var schema: JSONValue?
  var maxTurns: Int?
  /// The most tokens, prompts and answers together.
  var maxTokens: Int?
  var maxCost: Money?
  /// The tools that it may have, by their names or patterns; nil for those of its role.
  var tools: [String]?
  var disallowedTools: [String] = []
  var scriptTools: [ScriptTool] = []
  /// `default`, `acceptEdits`, `plan`, `bypass` or `dontAsk`.
  var permissionMode: String?
  /// Whether the provider may keep the conversation's beginning; nil for a short time where it can.
  var cache: CachePolicy?
  var sampling = Sampling()
  var thinking: ThinkingMode?
  var effort: String?

  /// Whether the task says nothing about its agent.
  var isEmpty: Bool { self == AgentOptions() }
}
