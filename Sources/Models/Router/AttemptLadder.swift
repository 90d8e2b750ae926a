/// What follows when a call has failed: again after a wait, with the simpler prompt, with the next model, then up or back to whoever
/// asked. A pure state machine, one for each task.
///
/// - The same call again: for what passes by itself, `retries` times on each model, after a backoff with full jitter or what the
///   provider asks. What the gate deals with (rates) never comes here.
/// - The simpler prompt: once, on the first model, if the task has one.
/// - The next model: what stood in the decision. In the middle of an answer (`hasVisibleOutput`) no other model goes on with it:
///   the task begins anew there. A conversation that is too long goes only to a model with a larger window.
/// - After three failures and no model left: the next tier up, if the configuration allows it; else back.
public struct AttemptLadder: Hashable, Sendable {
  /// What follows.
  public enum Step: Hashable, Sendable {
    /// The same call of the same model, after this time.
    case again(after: Duration)
    /// The task from its beginning, with the simpler prompt, after this time.
    case simplified(after: Duration)
    /// The same turn, or where `anew` the task from its beginning, with this model.
    case fallback(RoutedModel, anew: Bool)
    /// The task from its beginning, with this model of the next tier up.
    case escalated(RoutedModel)
    /// Back to the person or the script that asked, with all that was tried.
    case handBack(ProviderError)
  }

  /// One failure, for the record.
  public struct Failure: Hashable, Sendable {
    /// The model that failed.
    public let model: ModelName
    /// How.
    public let error: ProviderError
  }

  /// What was tried.
  public private(set) var failures: [Failure] = []
  /// The model that is in use.
  public private(set) var model: RoutedModel
  private var fallbacks: [RoutedModel]
  private let retries: Int
  private var retriesLeft: Int
  private var canSimplify: Bool
  private var escalation: RoutedModel?
  private var backoffs = 0

  /// Failures after which work moves up.
  public static let failuresBeforeEscalation = 3
  private static let firstBackoff = Duration.milliseconds(500)
  private static let longestBackoff = Duration.seconds(128)

  /// A ladder from a decision's model and fallbacks. `escalation` is the router's, nil where it is not allowed.
  public init(
    model: RoutedModel, fallbacks: [RoutedModel], retries: Int = 2, canSimplify: Bool = false,
    escalation: RoutedModel? = nil
  ) {
    self.model = model
    self.fallbacks = fallbacks
    self.retries = max(retries, 0)
    retriesLeft = self.retries
    self.canSimplify = canSimplify
    self.escalation = escalation
  }

  /// A call was answered: what follows it has all its retries again.
  public mutating func answered() {
    retriesLeft = retries
    backoffs = 0
  }

  /// A call has failed. `jitter` is a random number from 0 to 1.
  public mutating func failed(_ error: ProviderError, jitter: Double) -> Step {
    failures.append(Failure(model: model.name, error: error))
    if error.isRetryable, retriesLeft > 0 {
      retriesLeft -= 1
      return .again(after: wait(error, jitter))
    }
    if canSimplify, mayHelpSimpler(error) {
      canSimplify = false
      retriesLeft = 0
      return .simplified(after: error.isRetryable ? wait(error, jitter) : .zero)
    }
    guard error.mayHelpElsewhere else { return .handBack(error) }
    if let next = takeFallback(error) {
      change(to: next)
      return .fallback(next, anew: error.hasVisibleOutput)
    }
    if failures.count >= AttemptLadder.failuresBeforeEscalation, let up = escalation, fits(up, error) {
      escalation = nil
      change(to: up)
      return .escalated(up)
    }
    return .handBack(error)
  }

  private mutating func change(to next: RoutedModel) {
    model = next
    retriesLeft = retries
    backoffs = 0
    canSimplify = false
  }

  /// A simpler prompt helps where the question is too much, or where the model makes nothing of it; not where a key is wrong.
  private func mayHelpSimpler(_ error: ProviderError) -> Bool {
    switch error.kind {
    case .authentication, .permission, .billing, .spendLimit, .quota, .notFound, .unreachable: false
    default: true
    }
  }

  private mutating func takeFallback(_ error: ProviderError) -> RoutedModel? {
    while !fallbacks.isEmpty {
      let next = fallbacks.removeFirst()
      if fits(next, error) { return next }
    }
    return nil
  }

  /// Another model may know what this one does not; but a key and an account are of the whole provider, and a conversation
  /// that was too long needs more room.
  private func fits(_ next: RoutedModel, _ error: ProviderError) -> Bool {
    switch error.kind {
    case .authentication, .billing, .spendLimit, .quota, .unreachable: next.name.provider != model.name.provider
    case .contextTooLong: next.window ?? .max > model.window ?? 0
    default: true
    }
  }

  private mutating func wait(_ error: ProviderError, _ jitter: Double) -> Duration {
    if let told = error.retryAfter, told > .zero { return told + min(told * 0.1, .seconds(1)) * jitter }
    let longest = min(
      AttemptLadder.firstBackoff * (1 << min(backoffs, 20)), AttemptLadder.longestBackoff)
    backoffs += 1
    return longest * jitter
  }
}
