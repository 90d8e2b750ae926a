/// What may still be spent, as a pure state machine.
///
/// A call reserves the most that it can cost, in all of its accounts (job, group, run) or in none, before it is made; when it has
/// ended, what it did cost takes the reservation's place. So for every account with a limit
///
///     spent + reserved <= limit
///
/// holds as long as no call costs more than it reserved, however many are made at once. If one does (a prompt that has more tokens
/// than was thought) its cost is counted all the same, and nothing more is granted.
public struct BudgetState: Sendable {
  /// What a call hears.
  public enum Decision: Hashable, Sendable {
    /// The money is set aside: the call may be made, and has to be settled.
    case granted
    /// Not now; other calls have set aside what they may not need. Ask again when one of them was settled.
    case later(BudgetRefusal)
    /// Not any more.
    case refused(BudgetRefusal)
  }

  private struct Account {
    var limit = BudgetLimit()
    var spent = BudgetSpending()
    var reservedCost = Money.zero
    var reservedTokens = 0
    var told = 0
  }

  private struct Reservation {
    let accounts: [String]
    let amount: BudgetAmount
  }

  private var accounts: [String: Account] = [:]
  private var reservations: [UInt64: Reservation] = [:]
  private var last: UInt64 = 0

  /// A state without accounts.
  public init() {}

  /// Opens an account, or changes its limit; what was spent stays.
  public mutating func setLimit(_ limit: BudgetLimit, of account: String) {
    accounts[account, default: Account()].limit = limit
  }

  /// What was spent in an account.
  public func spent(_ account: String) -> BudgetSpending { accounts[account]?.spent ?? BudgetSpending() }

  /// What is set aside in an account for calls that are being made.
  public func reserved(_ account: String) -> BudgetAmount {
    BudgetAmount(cost: accounts[account]?.reservedCost ?? .zero, tokens: accounts[account]?.reservedTokens ?? 0)
  }

  /// The money that is neither spent nor set aside; nil without a limit. Below zero after a call that cost more than it reserved.
  public func remaining(_ account: String) -> Money? {
    guard let account = accounts[account], let limit = account.limit.cost else { return nil }
    return limit - account.spent.cost - account.reservedCost
  }

  /// Sets money and tokens aside in all of these accounts, or in none. `reservation` is what to settle; nil unless granted.
  public mutating func reserve(
    _ amount: BudgetAmount, in names: [String]
  ) -> (decision: Decision, reservation: UInt64?) {
    var later: BudgetRefusal?
    for name in names {
      switch check(amount, name) {
      case .granted: continue
      case .refused(let refusal): return (.refused(refusal), nil)
      case .later(let refusal): later = later ?? refusal
      }
    }
    if let later { return (.later(later), nil) }
    for name in names {
      accounts[name, default: Account()].reservedCost += amount.cost ?? .zero
      accounts[name, default: Account()].reservedTokens += amount.tokens
    }
    last += 1
    reservations[last] = Reservation(accounts: names, amount: amount)
    return (.granted, last)
  }

  private func check(_ amount: BudgetAmount, _ name: String) -> Decision {
    guard let account = accounts[name] else { return .granted }
    if let limit = account.limit.cost {
      guard let needed = amount.cost else {
        return .refused(BudgetRefusal(account: name, cause: .unknownPrice(limit: limit)))
      }
      let refusal = BudgetRefusal(
        account: name, cause: .cost(limit: limit, spent: account.spent.cost, needed: needed))
      if needed > .zero, account.spent.cost + needed > limit { return .refused(refusal) }
      if needed > .zero, account.spent.cost + account.reservedCost + needed > limit { return .later(refusal) }
    }
    if let limit = account.limit.tokens {
      let refusal = BudgetRefusal(
        account: name, cause: .tokens(limit: limit, spent: account.spent.usage.total, needed: amount.tokens))
      if account.spent.usage.total + amount.tokens > limit { return .refused(refusal) }
      if account.spent.usage.total + account.reservedTokens + amount.tokens > limit { return .later(refusal) }
    }
    return .granted
  }

  /// Puts what a call did cost in the place of its reservation. `cost` is nil if nobody knows the price. Returns the accounts
  /// that have crossed four fifths or all of a limit by it, with the part that is spent.
  public mutating func settle(
    _ reservation: UInt64, usage: TokenUsage, cost: Money?
  ) -> [(account: String, share: Double)] {
    guard let settled = reservations.removeValue(forKey: reservation) else {
      preconditionFailure("reservation \(reservation) was settled twice, or never granted")
    }
    var crossed: [(String, Double)] = []
    for name in settled.accounts {
      guard var account = accounts.removeValue(forKey: name) else { continue }
      account.reservedCost = account.reservedCost - (settled.amount.cost ?? .zero)
      account.reservedTokens -= settled.amount.tokens
      account.spent.cost += cost ?? .zero
      account.spent.usage += usage
      account.spent.calls += 1
      if cost == nil { account.spent.unpricedCalls += 1 }
      let share = BudgetState.share(account)
      let mark = share >= 1 ? 2 : share >= 0.8 ? 1 : 0
      if mark > account.told {
        account.told = mark
        crossed.append((name, share))
      }
      accounts[name] = account
    }
    return crossed
  }

  /// Gives a reservation back whose call was never made.
  public mutating func release(_ reservation: UInt64) {
    guard let released = reservations.removeValue(forKey: reservation) else {
      preconditionFailure("reservation \(reservation) was given back twice, or never granted")
    }
    for name in released.accounts {
      guard var account = accounts.removeValue(forKey: name) else { continue }
      account.reservedCost = account.reservedCost - (released.amount.cost ?? .zero)
      account.reservedTokens -= released.amount.tokens
      accounts[name] = account
    }
  }

  private static func share(_ account: Account) -> Double {
    var share = 0.0
    if let limit = account.limit.cost, limit > .zero { share = account.spent.cost.dollars / limit.dollars }
    if let limit = account.limit.tokens, limit > 0 {
      share = max(share, Double(account.spent.usage.total) / Double(limit))
    }
    return share
  }

  /// The longest answer, in tokens, that the accounts have money for now, after a prompt of so many tokens; nil without a limit
  /// that bounds it. A limit on the answer that is no higher than this is granted rather than refused. Without `countingReserved`
  /// as if no other call were being made.
  public func longestAnswer(
    price: ModelPrice, prompt: Int, in names: [String], countingReserved: Bool = true
  ) -> Int? {
    var longest: Int?
    for account in names.compactMap({ accounts[$0] }) {
      if let limit = account.limit.cost, price.output > .zero {
        let reserved = countingReserved ? account.reservedCost : .zero
        let rest = limit - account.spent.cost - reserved - price.mostFor(prompt: prompt, answer: 0)
        longest = min(longest ?? .max, max(0, Int(rest.picodollars / price.output.picodollars)))
      }
      if let limit = account.limit.tokens {
        let reserved = countingReserved ? account.reservedTokens : 0
        longest = min(longest ?? .max, max(0, limit - account.spent.usage.total - reserved - prompt))
      }
    }
    return longest
  }
}
