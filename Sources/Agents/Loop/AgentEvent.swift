public import Models

/// What happens while an agent works: the transcript is made of these. Texts come from models and tools, and may hold anything.
public enum AgentEvent: Hashable, Sendable {
  /// A turn begins; counted from 1.
  case turnBegan(Int)
  /// The next words of the model; never empty.
  case text(String)
  /// The next piece of a thought; never empty.
  case thinking(String)
  /// The model's turn is over.
  case turnEnded(TurnReport)
  /// A tool is called, or the call is refused; the result follows.
  case toolCalled(ToolCall)
  /// Somebody is asked whether a call may be made.
  case toolAsks(PermissionQuestion)
  /// A line of how far a call is.
  case toolProgress(callID: String, line: String)
  /// A call's result as the model gets it. Exactly one for each call.
  case toolAnswered(ToolReport)
  /// The conversation was shortened to fit the model's window.
  case shortened(ShorteningReport)
  /// Somebody's words joined the conversation.
  case steered(String)
  /// The model is asked once more.
  case asksAgain(AskingAgain)
  /// The conversation begins anew, with another model or a simpler prompt.
  case restarted(ModelName, prompt: String)
  /// The next turn is the last one, and has no tools.
  case lastTurn(LimitReached)
}

/// A turn that is over.
public struct TurnReport: Hashable, Sendable {
  /// The turn's number, from 1.
  public var number: Int
  /// The model that answered.
  public var model: ModelName
  /// Its tokens.
  public var usage: TokenUsage
  /// Its price; nil if nobody knows.
  public var cost: Money?
  /// Why the answer ended.
  public var stopReason: StopReason
}

/// A tool's call that is over.
public struct ToolReport: Hashable, Sendable {
  /// The call.
  public var call: ToolCall
  /// What the model gets to see.
  public var result: ToolResult
  /// True if the tool was called; false where the call was refused before.
  public var didRun: Bool
}

/// How a conversation was shortened.
public struct ShorteningReport: Hashable, Sendable {
  /// The tokens of the request before, estimated.
  public var tokensBefore: Int
  /// The tokens after, estimated.
  public var tokensAfter: Int
  /// Results and arguments of tools that were cut to head and tail.
  public var cuts: Int
  /// Turns that were taken out whole.
  public var turnsRemoved: Int
}

/// Why a model is asked once more.
public enum AskingAgain: Hashable, Sendable {
  /// The answer was empty.
  case empty
  /// The answer does not fit the schema.
  case schema([String])
  /// The answer was cut off at the limit of tokens, and is continued.
  case cutOff
  /// The provider paused the turn.
  case paused
  /// The provider takes a schema and tools not together: the schema is in the prompt from now on.
  case schemaInPrompt
}

/// A limit that comes near.
public enum LimitReached: String, Hashable, Sendable {
  /// The number of turns.
  case turns
  /// The number of tokens.
  case tokens
  /// The money.
  case cost
}
