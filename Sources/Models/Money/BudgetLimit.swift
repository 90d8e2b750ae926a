/// What may be spent in one account.
public struct BudgetLimit: Hashable, Sendable {
  /// The most money; nil for no limit.
  public var cost: Money?
  /// The most tokens, prompts and answers together; nil for no limit.
  public var tokens: Int?

  /// Limits; nil is none.
  public init(cost: Money? = nil, tokens: Int? = nil) {
    self.cost = cost
    self.tokens = tokens
  }
}

/// What was spent in one account.
public struct BudgetSpending: Hashable, Sendable {
  /// The money, as far as prices are known.
  public var cost = Money.zero
  /// The tokens.
  public var usage = TokenUsage()
  /// The calls that were settled.
  public var calls = 0
  /// Those among them whose price nobody knows: then `cost` is too low.
  public var unpricedCalls = 0

  /// Nothing yet.
  public init() {}
}

/// Money and tokens that a call may need, or did.
public struct BudgetAmount: Hashable, Sendable {
  /// The money; nil if nobody knows the price.
  public var cost: Money?
  /// The tokens.
  public var tokens: Int

  /// An amount.
  public init(cost: Money?, tokens: Int) {
    self.cost = cost
    self.tokens = tokens
  }
}

/// Why a call may not be made now.
public struct BudgetRefusal: Hashable, Sendable {
  /// What stands in the way.
  public enum Cause: Hashable, Sendable {
    /// The account's money does not suffice.
    case cost(limit: Money, spent: Money, needed: Money)
    /// The account's tokens do not suffice.
    case tokens(limit: Int, spent: Int, needed: Int)
    /// The account has a limit of money, and nobody knows what the call costs.
    case unknownPrice(limit: Money)
  }

  /// The account: a job, a group, a run.
  public var account: String
  /// What stands in the way.
  public var cause: Cause
}

extension BudgetRefusal: CustomStringConvertible {
  /// One sentence without its full stop.
  public var description: String {
    switch cause {
    case .cost(let limit, let spent, let needed):
      "the budget of \(account) does not allow another call: \(spent) of \(limit) are spent, and it may cost \(needed)"
    case .tokens(let limit, let spent, let needed):
      "the budget of \(account) does not allow another call: \(spent) of \(limit) tokens are spent, and it may take \(needed)"
    case .unknownPrice(let limit):
      "the budget of \(account) is \(limit), and the price of the model is not known: put it into the configuration, or set a budget in tokens"
    }
  }
}
