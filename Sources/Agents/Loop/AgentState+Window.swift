import Models

extension AgentState {
  /// Tokens that a request's prompt may have; nil if nobody knows.
  private var promptLimit: Int? {
    let byWindow = window.map { window in
      window - min(order.maxTokens ?? min(8192, window / 4), window / 2)
    }
    guard let byWindow, let ceiling else { return byWindow ?? ceiling }
    return min(byWindow, ceiling)
  }

  /// Shortens the conversation where it would not fit. Somewhat more than has to be: each shortening makes the provider read
  /// the whole prompt anew, instead of from its cache.
  mutating func fit() {
    guard let limit = promptLimit else { return }
    let before = estimate
    guard before > limit else { return }
    _ = shorten(to: limit * 7 / 10, before: before)
  }

  /// A request was longer than its model takes. False if nothing can be shortened any more.
  mutating func shortenHarder() -> Bool {
    tooLongs += 1
    guard tooLongs <= 4 else { return false }
    let before = estimate
    ceiling = min(ceiling ?? before, before) * 6 / 10
    return shorten(to: ceiling ?? before, before: before)
  }

  private mutating func shorten(to tokens: Int, before: Int) -> Bool {
    let bytes = conversation.bytes
    let removed = conversation.turnsRemoved
    let cuts = conversation.shorten(to: max(meter.bytes(tokens: tokens) - fixedBytes, 0))
    guard conversation.bytes < bytes else { return false }
    let report = ShorteningReport(
      tokensBefore: before, tokensAfter: estimate, cuts: cuts, turnsRemoved: conversation.turnsRemoved - removed)
    tell(.shortened(report))
    return true
  }
}
