public import WireText

/// One call of a model, in no provider's words. `AnthropicBody` and `ChatBody` put it into a wire format.
///
/// What is nil is not sent: providers refuse sampling parameters even at their defaults (Anthropic's version 2026-10-21), and
/// newer models refuse others.
public struct ModelRequest: Hashable, Sendable {
  /// The model's name as its provider knows it.
  public var model: String
  /// The system prompt; empty for none.
  public var system: String
  /// The conversation, oldest first.
  public var messages: [ModelMessage]
  /// The tools that the model may call.
  public var tools: [ModelTool]
  /// Whether it has to call one.
  public var toolChoice: ToolChoice
  /// False asks for at most one call in a turn; nil leaves it to the provider.
  public var allowsParallelCalls: Bool?
  /// The most tokens that the answer may have. Where a format needs a number, 8,192 stands for nil.
  public var maxTokens: Int?
  /// Texts that end the answer.
  public var stop: [String]
  /// What the script said about sampling, and only that.
  public var sampling: Sampling
  /// How the model is to think before it answers.
  public var thinking: ThinkingMode?
  /// How much work it is to put into the answer: `low`, `medium`, `high`, or what else the provider knows.
  public var effort: String?
  /// The form that the answer has to have.
  public var schema: OutputSchema?
  /// Whether the provider may keep the prompt for the next call.
  public var cache: CachePolicy
  /// True for an answer piece by piece.
  public var isStreaming: Bool
  /// Fields for the body as they are; they replace ours of the same name.
  public var extra: JSONObject

  /// A request with nothing but a conversation.
  public init(model: String, system: String = "", messages: [ModelMessage]) {
    self.model = model
    self.system = system
    self.messages = messages
    tools = []
    toolChoice = .automatic
    maxTokens = nil
    stop = []
    sampling = Sampling()
    cache = .off
    isStreaming = true
    extra = JSONObject()
  }
}

/// Sampling parameters. Nil is not sent.
public struct Sampling: Hashable, Sendable {
  /// Randomness, from 0.
  public var temperature: Double?
  /// The share of probability that is drawn from.
  public var topP: Double?
  /// The number of tokens that is drawn from.
  public var topK: Int?

  /// No parameter at all.
  public init() {}
}

/// How a model thinks before it answers.
public enum ThinkingMode: Hashable, Sendable {
  /// Not at all.
  case off
  /// As much as the model finds right.
  case adaptive
  /// At most this many tokens.
  case budget(Int)
}

/// The form of an answer, as a JSON Schema.
public struct OutputSchema: Hashable, Sendable {
  /// A name for the provider: letters, digits, `_` and `-`.
  public var name: String
  /// The schema.
  public var schema: JSONValue
  /// True where the provider is to enforce it to the letter, which some schemas do not allow.
  public var isStrict: Bool

  /// A form by its schema.
  public init(name: String = "answer", schema: JSONValue, isStrict: Bool = false) {
    self.name = name
    self.schema = schema
    self.isStrict = isStrict
  }
}

/// Whether a provider keeps the prompt for the next call.
public enum CachePolicy: Hashable, Sendable {
  /// Nothing is asked for.
  case off
  /// The longest prefix, for about five minutes after its last use.
  case short
  /// The longest prefix, for about an hour; writing it costs more.
  case long
}
