public import Models
public import WireText

/// What an agent is to do, and within which bounds: all that its loop is told from the start.
public struct AgentOrder: Sendable {
  /// The agent's name, for messages.
  public var name: String
  /// The system prompt of its role.
  public var system: String
  /// The first words of the conversation.
  public var prompt: String
  /// Pictures that belong to the prompt.
  public var images: [ModelImage]
  /// The tools that it may call. Of two with one name the first counts.
  public var tools: [AgentTool]
  /// Its bounds.
  public var limits: AgentLimits
  /// The JSON Schema that the final answer has to fit; nil for words.
  public var schema: JSONValue?
  /// What its calls of tools are allowed.
  public var permissions: PermissionPolicy
  /// The folder that relative paths start from, absolute.
  public var folder: String
  /// Whether the provider may keep the prompt for the next turn.
  public var cache: CachePolicy
  /// What the task said about sampling, and only that.
  public var sampling: Sampling
  /// How the model is to think.
  public var thinking: ThinkingMode?
  /// How much work the model is to put into an answer.
  public var effort: String?
  /// The most tokens that one answer may have.
  public var maxTokens: Int?
  /// Texts that end an answer.
  public var stop: [String]
  /// Fields for each request's body as they are.
  public var extra: JSONObject

  /// An order with nothing but what is asked.
  public init(
    name: String = "agent", system: String = "", prompt: String, tools: [AgentTool] = [],
    limits: AgentLimits = AgentLimits(), schema: JSONValue? = nil, permissions: PermissionPolicy = PermissionPolicy(),
    folder: String = "/"
  ) {
    self.name = name
    self.system = system
    self.prompt = prompt
    self.tools = tools
    self.limits = limits
    self.schema = schema
    self.permissions = permissions
    self.folder = folder
    images = []
    cache = .short
    sampling = Sampling()
    stop = []
    extra = JSONObject()
  }
}

/// The bounds of an agent. None can be left out but those of tokens and money, which are the caller's to set.
public struct AgentLimits: Sendable, Hashable {
  /// Turns of the model. The last one is told so, and may call no tool.
  public var turns: Int
  /// Tokens of all turns, prompts and answers together; nil for no limit.
  public var tokens: Int?
  /// Money for all turns; nil for no limit. Turns whose price nobody knows are not counted here.
  public var cost: Money?
  /// How often a tool may be called with the same arguments; the next such call is refused with a warning, and one more
  /// ends the agent.
  public var identicalCalls: Int
  /// Bytes of a tool's answer that the model gets to see; of longer ones it sees head and tail. Where the model's window is
  /// small, a quarter of it counts.
  public var toolOutput: Int
  /// How often an answer that does not fit the schema is asked for again.
  public var schemaRetries: Int
  /// How often an answer that was cut off at the limit of tokens is continued.
  public var continuations: Int
  /// Calls of reading tools that run side by side.
  public var readsAtOnce: Int

  /// Bounds that fit most work.
  public init(
    turns: Int = 50, tokens: Int? = nil, cost: Money? = nil, identicalCalls: Int = 20, toolOutput: Int = 32_000,
    schemaRetries: Int = 3, continuations: Int = 3, readsAtOnce: Int = 8
  ) {
    self.turns = max(turns, 1)
    self.tokens = tokens
    self.cost = cost
    self.identicalCalls = max(identicalCalls, 1)
    self.toolOutput = max(toolOutput, 200)
    self.schemaRetries = max(schemaRetries, 0)
    self.continuations = max(continuations, 0)
    self.readsAtOnce = max(readsAtOnce, 1)
  }
}
