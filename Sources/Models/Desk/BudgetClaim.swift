/// What one call wants of its accounts, and how much of it they grant: a pure decision.
///
/// Only accounts with limits shorten an answer, and only where waiting does not help: while other calls have money set aside,
/// this one waits for what they leave over.
struct BudgetClaim: Hashable, Sendable {
  enum Outcome: Hashable, Sendable {
    /// `answer` is the limit of the call's answer; nil for none.
    case granted(reservation: UInt64, answer: Int?)
    case later(BudgetRefusal)
    case refused(BudgetRefusal)
  }

  let accounts: [String]
  let price: ModelPrice?
  /// The tokens of the prompt, at most.
  let prompt: Int
  /// The task's own limit of the answer.
  let answer: Int?

  /// What an answer may have where nobody limits it: what a call reserves has to be bounded.
  static let usualAnswer = AnthropicBody.defaultMaxTokens
  /// Shorter answers are not worth their prompt.
  static let shortestAnswer = 64

  func attempt(_ state: inout BudgetState) -> Outcome {
    let wanted = answer ?? BudgetClaim.usualAnswer
    let most = state.longestAnswer(
      price: price ?? .free, prompt: prompt, in: accounts, countingReserved: false)
    let granted = most.map { max(min(wanted, $0), min(wanted, BudgetClaim.shortestAnswer)) }
    let tokens = granted ?? wanted
    let amount = BudgetAmount(cost: price?.mostFor(prompt: prompt, answer: tokens), tokens: prompt + tokens)
    switch state.reserve(amount, in: accounts) {
    case (.granted, let reservation?): return .granted(reservation: reservation, answer: granted ?? answer)
    case (.later(let refusal), _): return .later(refusal)
    case (.refused(let refusal), _): return .refused(refusal)
    case (.granted, nil): preconditionFailure("a budget granted a call without a reservation")
    }
  }
}
