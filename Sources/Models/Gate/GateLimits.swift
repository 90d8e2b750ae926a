/// How much one provider may be asked, or one model of it. Nil is no limit of ours.
public struct GateLimits: Hashable, Sendable {
  /// Calls that begin within any minute.
  public var requestsPerMinute: Int?
  /// Tokens of calls that begin within any minute, prompts and answers.
  public var tokensPerMinute: Int?
  /// Calls at once.
  public var concurrency: Int?

  /// Limits; nil is none.
  public init(requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil, concurrency: Int? = nil) {
    self.requestsPerMinute = requestsPerMinute
    self.tokensPerMinute = tokensPerMinute
    self.concurrency = concurrency
  }

  /// An equal share for each of so many processes, at least one of everything.
  func share(of processes: Int) -> GateLimits {
    func part(_ limit: Int?) -> Int? { limit.map { max(1, $0 / max(processes, 1)) } }
    return GateLimits(
      requestsPerMinute: part(requestsPerMinute), tokensPerMinute: part(tokensPerMinute), concurrency: part(concurrency)
    )
  }
}

/// How a gate behaves.
public struct GatePolicy: Hashable, Sendable {
  /// What happens to calls while an allowance is used up that comes back at a known time.
  public enum QuotaRule: String, Hashable, Sendable {
    /// They wait for it.
    case wait
    /// They are parked: their run ends, and can be resumed afterwards.
    case park
  }

  /// What all calls share.
  public var limits = GateLimits()
  /// Models with limits of their own: their calls count here, and not there.
  public var models: [String: GateLimits] = [:]
  /// What happens when an allowance is used up.
  public var quota = QuotaRule.wait
  /// The first wait where the provider names none; it doubles with each failure in a row.
  public var firstBackoff = Duration.milliseconds(500)
  /// The longest such wait.
  public var longestBackoff = Duration.seconds(128)
  /// How long a call may be turned away again and again before it fails.
  public var patience = Duration.seconds(3600)
  /// How long a gate stays closed by what no waiting mends (a wrong key, no money) before it asks once more.
  public var closure = Duration.seconds(60)

  /// What a provider without a configuration gets.
  public init() {}
}
