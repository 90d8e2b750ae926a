/// What happens while an answer comes in. Everything in it is in the `ModelReply` at the end, too.
public enum ModelEvent: Hashable, Sendable {
  /// The provider has begun to answer.
  case started(id: String?, model: String?)
  /// The next words; never empty.
  case text(String)
  /// The next piece of a thought; never empty.
  case thinking(String)
  /// A tool call begins; `call` counts the calls of this answer from 0.
  case toolCallStarted(call: Int, id: String, name: String)
  /// The next piece of a call's arguments; never empty.
  case toolArguments(call: Int, text: String)
  /// A call is whole.
  case toolCall(ToolCall)
  /// The counts so far; each replaces the one before.
  case usage(TokenUsage)
  /// Nothing but a sign of life.
  case keepAlive
}
