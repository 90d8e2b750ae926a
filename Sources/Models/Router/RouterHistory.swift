/// How the models have done so far, as far as it counts for the next choice. Times are those of one clock that does not jump.
public struct RouterHistory: Hashable, Sendable {
  struct Health: Hashable, Sendable {
    var failuresInRow = 0
    var coolings = 0
    var coolUntil = Duration.zero
    var why: ProviderError.Kind?
    var underWay = 0
    /// The time to the first word, the last ones weighing most.
    var firstWord: Duration?
  }

  private(set) var models: [ModelName: Health] = [:]
  private(set) var providers: [String: Health] = [:]

  /// Nothing has happened yet.
  public init() {}

  /// A call begins.
  public mutating func began(_ model: ModelName) { models[model, default: Health()].underWay += 1 }

  /// A call was answered; `firstWord` is the time to its first word.
  public mutating func answered(_ model: ModelName, firstWord: Duration?) {
    var health = models[model] ?? Health()
    health.underWay = max(0, health.underWay - 1)
    health.failuresInRow = 0
    health.coolings = 0
    if let firstWord { health.firstWord = health.firstWord.map { ($0 * 3 + firstWord) / 4 } ?? firstWord }
    models[model] = health
    providers[model.provider] = nil
  }

  /// Nobody wanted the answer any more.
  public mutating func gaveUp(_ model: ModelName) {
    let underWay = models[model]?.underWay ?? 0
    models[model]?.underWay = max(0, underWay - 1)
  }

  /// A call failed. What the question brought about (too long, filtered, a bad request) is not held against the model, and
  /// what the gate deals with (rates) neither.
  public mutating func failed(_ model: ModelName, _ kind: ProviderError.Kind, now: Duration, rule: CoolDownRule) {
    gaveUp(model)
    switch kind {
    case .contextTooLong, .requestTooLarge, .badRequest, .contentFilter, .refusal, .rateLimited, .tooLong: return
    case .server, .timeout, .truncated, .malformed, .emptyResult, .overloaded:
      RouterHistory.fail(&models[model, default: Health()], kind, after: rule.failures, now, rule)
    case .notFound, .permission: RouterHistory.fail(&models[model, default: Health()], kind, after: 1, now, rule)
    case .unreachable:
      RouterHistory.fail(&providers[model.provider, default: Health()], kind, after: rule.failures, now, rule)
    case .authentication, .billing, .spendLimit, .quota:
      RouterHistory.fail(&providers[model.provider, default: Health()], kind, after: 1, now, rule)
    }
  }

  private static func fail(
    _ health: inout Health, _ kind: ProviderError.Kind, after failures: Int, _ now: Duration, _ rule: CoolDownRule
  ) {
    health.failuresInRow += 1
    guard health.failuresInRow >= failures else { return }
    health.coolUntil = now + min(rule.first * (1 << min(health.coolings, 16)), rule.longest)
    health.coolings += 1
    health.failuresInRow = 0
    health.why = kind
  }

  /// Until when a model is set aside, and why; nil if it is not.
  func cooling(_ model: ModelName, now: Duration) -> (until: Duration, why: ProviderError.Kind)? {
    for health in [models[model], providers[model.provider]] {
      if let health, health.coolUntil > now { return (health.coolUntil, health.why ?? .server) }
    }
    return nil
  }
}
