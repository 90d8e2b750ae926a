public import Models
public import WireText

/// How an agent ended.
public struct AgentEnd: Sendable {
  /// The answer, or why there is none.
  public var result: AgentResult
  /// The tokens of all turns.
  public var usage: TokenUsage
  /// The price of all turns whose price is known.
  public var cost: Money
  /// Turns whose price nobody knows: then `cost` is too low.
  public var unpricedTurns: Int
  /// Turns of the model that brought an answer.
  public var turns: Int
  /// The last words that the model said; empty if it said none.
  public var lastText: String
  /// True if the answer is cut off at the model's limit of tokens: it was continued as often as allowed.
  public var isCutOff: Bool
  /// Words that came too late to join the conversation.
  public var unheard: [String]
}

/// What an agent brought.
public enum AgentResult: Sendable {
  /// The final answer, and its JSON value where a schema was given or the answer is JSON.
  case answered(String, data: JSONValue?)
  /// No answer.
  case failed(AgentFailure)
}

/// Why an agent brought no answer.
public enum AgentFailure: Error, Hashable, Sendable {
  /// It had no answer after so many turns.
  case maxTurns(Int)
  /// Its tokens are used up.
  case maxTokens(limit: Int, spent: Int)
  /// Its money is used up.
  case maxCost(limit: Money, spent: Money)
  /// It called a tool again and again with the same arguments.
  case repeated(tool: String, count: Int)
  /// Its answer did not fit the schema, after all that was asked again.
  case schemaInvalid([String])
  /// It ended without a word.
  case emptyResult
  /// A call was denied in a way that ends the agent.
  case permissionDenied(String)
  /// The model could not be asked.
  case model(ModelFailure)
  /// It was cancelled.
  case cancelled
}

extension AgentFailure: CustomStringConvertible {
  /// One sentence without its full stop.
  public var description: String {
    switch self {
    case .maxTurns(let turns): "the agent had no answer after \(turns) turn\(turns == 1 ? "" : "s")"
    case .maxTokens(let limit, let spent): "the agent's tokens are used up: \(spent) of \(limit)"
    case .maxCost(let limit, let spent): "the agent's money is used up: \(spent) of \(limit)"
    case .repeated(let tool, let count): "the agent called '\(tool)' with the same arguments \(count) times"
    case .schemaInvalid(let problems):
      "the agent's answer does not fit the schema: \(problems.prefix(3).joined(separator: "; "))"
    case .emptyResult: "the agent ended without a word"
    case .permissionDenied(let why): "the agent was denied a call: \(why)"
    case .model(let failure): "\(failure)"
    case .cancelled: "the agent was cancelled"
    }
  }
}
