/// A model's whole answer to one request.
public struct ModelReply: Hashable, Sendable {
  /// The provider's name for the answer, for its support.
  public var id: String?
  /// The model that answered: providers may serve another one than was asked for.
  public var model: String?
  /// What it said, in order.
  public var parts: [MessagePart]
  /// What it cost in tokens, as far as the provider told.
  public var usage: TokenUsage
  /// Why it ended.
  public var stopReason: StopReason

  /// An answer of these parts.
  public init(id: String?, model: String?, parts: [MessagePart], usage: TokenUsage, stopReason: StopReason) {
    self.id = id
    self.model = model
    self.parts = parts
    self.usage = usage
    self.stopReason = stopReason
  }

  /// The words, without thoughts.
  public var text: String {
    parts.reduce(into: "") { text, part in if case .text(let words) = part { text += words } }
  }

  /// The calls of tools, in order.
  public var toolCalls: [ToolCall] {
    parts.compactMap { part in if case .toolCall(let call) = part { call } else { nil } }
  }

  /// The answer as a message, for the next request.
  public var message: ModelMessage { ModelMessage(role: .assistant, parts: parts) }
}

/// Why an answer ended, in one vocabulary. An answer that was refused or filtered is a `ProviderError`.
public enum StopReason: Hashable, Sendable {
  /// The model had said what it wanted.
  case endOfTurn
  /// It waits for the results of its tool calls.
  case toolUse
  /// It wrote one of the texts that end an answer.
  case stopSequence
  /// It reached the number of tokens allowed: the answer is cut off.
  case maxTokens
  /// The conversation filled the model's window: the answer is cut off.
  case contextWindow
  /// The provider paused a long turn, and goes on when the answer is sent back as it is.
  case paused
  /// A word that is not known here.
  case other(String)

  /// True if more would have followed.
  public var isCutOff: Bool { self == .maxTokens || self == .contextWindow }
}
