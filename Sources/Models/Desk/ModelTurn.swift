/// A model's answer to one turn of a task, and what it took.
public struct ModelTurn: Hashable, Sendable {
  /// The answer. Its own usage is that of the call that was answered.
  public var reply: ModelReply
  /// Who answered.
  public var model: ModelName
  /// The tokens of all calls of this turn, those that failed included.
  public var usage: TokenUsage
  /// What they cost; nil if nobody knows the price of one of them.
  public var cost: Money?

  /// A turn.
  public init(reply: ModelReply, model: ModelName, usage: TokenUsage, cost: Money?) {
    self.reply = reply
    self.model = model
    self.usage = usage
    self.cost = cost
  }
}

/// Why a turn brought no answer. No text in it holds a key.
public enum ModelFailure: Error, Hashable, Sendable {
  /// Nothing can be called; the sentence says what to set.
  case noProvider(String)
  /// The task names a model or tier that is not known; the sentence says which are.
  case unknownModel(String)
  /// A budget does not allow another call.
  case budget(BudgetRefusal)
  /// All that was allowed has been tried; `error` is the last failure, `tried` all of them.
  case provider(ProviderError, tried: [AttemptLadder.Failure])
  /// An allowance is used up that comes back later, and the provider's policy is not to wait for it.
  case parked(ProviderError)
  /// The task has to begin from its beginning, with this model, which the session uses from now on; and with this prompt, if
  /// there is one.
  case anew(RoutedModel, prompt: String?)
  /// The task was cancelled.
  case cancelled
}

extension ModelFailure: CustomStringConvertible {
  /// One sentence without its full stop. What providers said in it may hold anything, escape codes included.
  public var description: String {
    switch self {
    case .noProvider(let sentence), .unknownModel(let sentence): return sentence
    case .budget(let refusal): return refusal.description
    case .provider(let error, let tried):
      guard let model = tried.last?.model else { return error.description }
      return "\(model): \(error)" + (tried.count > 1 ? " (after \(tried.count) attempts)" : "")
    case .parked(let error): return error.description
    case .anew(let model, let prompt):
      return "the task begins anew with \(model.name)" + (prompt == nil ? "" : " and the simpler prompt")
    case .cancelled: return "cancelled"
    }
  }
}

/// What happens to a task on its way through the models, while it happens.
public enum ModelNotice: Sendable {
  /// Its model was chosen.
  case chosen(RouteDecision)
  /// It waits at the provider's gate; `until` is on `GateFile.now`'s clock.
  case waits(GateWait)
  /// It waits until other calls that the same budget pays for have ended.
  case waitsForBudget(BudgetRefusal)
  /// It has waited, and goes on.
  case goesOn
  /// The same call is made again after this time; what came of its answer so far does not count.
  case retries(after: Duration, ProviderError)
  /// The turn is made again with another model, or the task where `ModelFailure.anew` follows.
  case falls(back: RoutedModel, ProviderError)
  /// The task begins anew with a model of the next tier up.
  case escalates(RoutedModel, ProviderError)
  /// The task begins anew with the simpler prompt.
  case simplifies
  /// A call has ended, whether it was answered or not, and took this; the cost is nil where nobody knows the price.
  case spent(TokenUsage, cost: Money?, ModelName)
  /// An account has crossed four fifths or all of its limit; `share` of it is spent.
  case budget(account: String, share: Double)
}
