/// One message of a conversation.
public struct ModelMessage: Hashable, Sendable {
  /// Who speaks. Results of tools are the user's words.
  public enum Role: String, Hashable, Sendable {
    /// The person, or the program that stands for one.
    case user
    /// The model.
    case assistant
  }

  /// Who speaks.
  public var role: Role
  /// What is said, in order.
  public var parts: [MessagePart]

  /// A message of these parts.
  public init(role: Role, parts: [MessagePart]) {
    self.role = role
    self.parts = parts
  }

  /// The user's words.
  public static func user(_ text: String) -> ModelMessage { ModelMessage(role: .user, parts: [.text(text)]) }

  /// The model's words.
  public static func assistant(_ text: String) -> ModelMessage { ModelMessage(role: .assistant, parts: [.text(text)]) }

  /// The results of tools, in the order of their calls.
  public static func results(_ results: [ToolResult]) -> ModelMessage {
    ModelMessage(role: .user, parts: results.map { .toolResult($0) })
  }
}

/// A piece of a message.
public enum MessagePart: Hashable, Sendable {
  /// Words.
  case text(String)
  /// A picture.
  case image(ModelImage)
  /// What the model thought. It goes back to its provider unchanged, or not at all.
  case thinking(ModelThought)
  /// A call of a tool.
  case toolCall(ToolCall)
  /// What a tool answered.
  case toolResult(ToolResult)
}

/// A picture in a message.
public struct ModelImage: Hashable, Sendable {
  /// Its type, such as `image/png`.
  public var mediaType: String
  /// Its bytes in base 64.
  public var base64: String

  /// A picture by its bytes in base 64.
  public init(mediaType: String, base64: String) {
    self.mediaType = mediaType
    self.base64 = base64
  }
}

/// What a model thought before it spoke. With tools at work Anthropic wants it back byte for byte, signature included.
public struct ModelThought: Hashable, Sendable {
  /// The thought, as far as it is shown.
  public var text: String
  /// The provider's seal on it. A thought without one is not sent back to Anthropic.
  public var signature: String?
  /// A thought that the provider shows only in this sealed form.
  public var sealed: String?

  /// A thought of these pieces.
  public init(text: String, signature: String? = nil, sealed: String? = nil) {
    self.text = text
    self.signature = signature
    self.sealed = sealed
  }
}
