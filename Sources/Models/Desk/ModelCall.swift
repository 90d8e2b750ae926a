internal import Synchronization

/// One call of one model: paid for, let through the gate as often as the provider turns it away, and counted however it ends.
final class ModelCall: Sendable {
  /// What was set aside has been used up by an answer that broke off: more has to be set aside before the next attempt.
  private struct IsUnpaid: Error {}

  private struct State: Sendable {
    var reservation: UInt64?
    /// An attempt whose words may have been seen, and came to nothing.
    var broken: ProviderError?
    var waits = false
    var bill = TurnBill()

    mutating func takeWaits() -> Bool {
      defer { waits = false }
      return waits
    }
  }

  private let desk: ModelDesk
  private let counter: ModelDesk.Counter
  private let model: RoutedModel
  private let accounts: [String]
  private let priority: Int
  private let tell: @Sendable (ModelNotice) -> Void
  private let state = Mutex(State())

  init(
    desk: ModelDesk, counter: ModelDesk.Counter, model: RoutedModel, accounts: [String], priority: Int,
    tell: @escaping @Sendable (ModelNotice) -> Void
  ) {
    self.desk = desk
    self.counter = counter
    self.model = model
    self.accounts = accounts
    self.priority = priority
    self.tell = tell
  }

  /// What its attempts have taken.
  var bill: TurnBill { state.withLock { $0.bill } }

  /// The answer, or why there is none: `provider` for what the ladder decides about.
  func make(
    _ request: ModelRequest, _ onEvents: @Sendable ([ModelEvent]) async -> Void
  ) async -> Result<ModelReply, ModelFailure> {
    let prompt = PromptSize.tokens(request, for: counter.provider)
    let claim = BudgetClaim(
      accounts: accounts, price: model.price?.withoutUnused(request.cache), prompt: prompt, answer: request.maxTokens)
    while true {
      var limited = request
      do throws(ModelFailure) {
        let (reservation, answer) = try await desk.till.reserve(claim) { refusal in
          state.withLock { $0.waits = true }
          tell(.waitsForBudget(refusal))
        }
        state.withLock { $0.reservation = reservation }
        limited = ModelCall.limited(request, to: answer)
      } catch { return .failure(error) }
      do { return .success(try await pass(limited, prompt, onEvents)) } catch is IsUnpaid { continue } catch {
        if let rest = state.withLock({ $0.reservation.take() }) { desk.till.release(rest) }
        return .failure(failure(error))
      }
    }
  }

  private func failure(_ error: any Error) -> ModelFailure {
    guard !Task.isCancelled, var error = error as? ProviderError else { return .cancelled }
    // The gate has asked again for as long as that made sense.
    if error.kind.shutsGate { error.retryHint = false }
    return .provider(error, tried: [])
  }

  /// The request with an answer of at most so many tokens. Thinking is a part of the answer.
  private static func limited(_ request: ModelRequest, to answer: Int?) -> ModelRequest {
    guard let answer, answer < request.maxTokens ?? .max else { return request }
    var request = request
    request.maxTokens = answer
    if case .budget(let tokens) = request.thinking, tokens >= answer {
      request.thinking = answer >= 2 * leastThinking ? .budget(answer / 2) : .off
    }
    return request
  }

  /// Anthropic takes no smaller budget.
  private static let leastThinking = 1024

  private func pass(
    _ request: ModelRequest, _ prompt: Int, _ onEvents: @Sendable ([ModelEvent]) async -> Void
  ) async throws -> ModelReply {
    try await counter.gate.run(
      model: model.name.model, tokens: prompt + (request.maxTokens ?? BudgetClaim.usualAnswer), priority: priority,
      onWait: { [self] wait in
        state.withLock { $0.waits = true }
        tell(.waits(wait))
      },
      { [self] answering in
        try begin()
        let watch = AnswerWatch(prompt: prompt)
        desk.note { history, _ in history.began(model.name) }
        do {
          let reply = try await ask(request, watch, answering, onEvents)
          return (value: reply, tokens: answered(reply, watch).total)
        } catch {
          throw failed(error, watch)
        }
      })
  }

  private func begin() throws {
    let (isPaid, waited, broken) = state.withLock { state in
      guard state.reservation != nil else { return (false, false, nil as ProviderError?) }
      return (true, state.takeWaits(), state.broken.take())
    }
    guard isPaid else { throw IsUnpaid() }
    if waited { tell(.goesOn) }
    if let broken { tell(.retries(after: .zero, broken)) }
  }

  private func ask(
    _ request: ModelRequest, _ watch: AnswerWatch, _ answering: @Sendable () -> Void,
    _ onEvents: @Sendable ([ModelEvent]) async -> Void
  ) async throws -> ModelReply {
    let began: @Sendable () -> Void = {
      watch.begin()
      answering()
    }
    let heard: @Sendable ([ModelEvent]) async -> Void = { events in
      watch.take(events)
      await onEvents(events)
    }
    if let mock = counter.mock {
      return try await mock.ask(request, format: counter.provider.format, onAnswer: began, onEvents: heard)
    }
    return try await desk.client.ask(
      request, of: counter.provider, key: counter.key, limits: counter.limits, onAnswer: began, onEvents: heard)
  }

  private func answered(_ reply: ModelReply, _ watch: AnswerWatch) -> TokenUsage {
    desk.note { history, _ in history.answered(model.name, firstWord: watch.firstWord) }
    // Not all servers count.
    let usage = reply.usage == TokenUsage() ? watch.usage(told: nil) : reply.usage
    settle(usage)
    return usage
  }

  private func failed(_ error: any Error, _ watch: AnswerWatch) -> any Error {
    guard !Task.isCancelled, var error = error as? ProviderError else {
      desk.note { history, _ in history.gaveUp(model.name) }
      settle(watch.usage(told: nil))
      return CancellationError()
    }
    desk.note { history, rule in history.failed(model.name, error.kind, now: ModelDesk.now(), rule: rule) }
    let usage = watch.usage(told: error.usage)
    if usage != TokenUsage() { error.usage = usage }
    let broken = error
    state.withLock { $0.broken = broken.hasVisibleOutput ? broken : nil }
    settle(usage)
    return error
  }

  /// Pays for what was taken; what took nothing keeps its reservation for the next attempt.
  private func settle(_ usage: TokenUsage) {
    guard usage != TokenUsage() else { return }
    let cost = model.price?.cost(of: usage)
    let reservation = state.withLock { state in
      state.bill.add(usage, cost)
      return state.reservation.take()
    }
    tell(.spent(usage, cost: cost, model.name))
    guard let reservation else { return }
    for (account, share) in desk.till.settle(reservation, usage: usage, cost: cost) {
      tell(.budget(account: account, share: share))
    }
  }
}
