/// A call that wants to pass a gate.
public struct GateCall: Hashable, Sendable {
  /// Its name, unlike that of all others at this gate.
  public let id: UInt64
  /// The model it asks.
  public var model: String
  /// The tokens it may take, prompt and answer.
  public var tokens: Int
  /// The greater goes first; within one priority, whoever came first.
  public var priority: Int

  /// A call.
  public init(id: UInt64, model: String, tokens: Int = 0, priority: Int = 0) {
    self.id = id
    self.model = model
    self.tokens = tokens
    self.priority = priority
  }
}

/// Why a call waits at a gate, and until when.
public struct GateWait: Hashable, Sendable {
  /// The reasons.
  public enum Reason: String, Hashable, Sendable {
    /// The provider said that there were too many calls.
    case rateLimited = "rate_limited"
    /// The provider has no capacity.
    case overloaded
    /// An allowance is used up.
    case quota
    /// One call tries whether the provider answers again.
    case probe
    /// The provider answers again, and is given more to do little by little.
    case recovering
    /// Our limit of calls in a minute.
    case requests = "requests_per_minute"
    /// Our limit of tokens in a minute.
    case tokens = "tokens_per_minute"
    /// Our limit of calls at once.
    case concurrency
  }

  /// Why.
  public var reason: Reason
  /// When it may go on, on the gate's clock; nil where that depends on other calls.
  public var until: Duration?

  /// A wait.
  public init(_ reason: Reason, until: Duration? = nil) {
    self.reason = reason
    self.until = until
  }
}

/// What a gate decided about a call.
public enum GateAction: Hashable, Sendable {
  /// Make the call now.
  case admit(UInt64)
  /// It waits; told again when the reason or the time changes.
  case wait(UInt64, GateWait)
  /// It fails: no waiting mends this.
  case refuse(UInt64, ProviderError)
  /// It is parked until the error's `resetsAt`.
  case park(UInt64, ProviderError)
}

/// How a call that was admitted has ended.
public enum GateOutcome: Hashable, Sendable {
  /// The provider answered. `tokens` is what it took in the end, if that is known.
  case answered(tokens: Int?)
  /// It failed.
  case failed(ProviderError)
  /// Nobody wants the answer any more.
  case givenUp
}
