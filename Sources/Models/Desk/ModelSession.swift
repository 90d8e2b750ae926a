internal import Clocks
internal import Synchronization

/// One task's way through the models: it keeps its model from turn to turn, waits at the gate, asks again, falls back and moves up
/// as `AttemptLadder` says, and pays from the task's budgets. For one turn at a time.
public final class ModelSession: Sendable {
  private struct State {
    var ladder: AttemptLadder
    var thoughts = ThoughtFilter()
  }

  private let desk: ModelDesk
  private let accounts: [String]
  private let priority: Int
  private let simpler: (@Sendable () async -> String?)?
  private let tell: @Sendable (ModelNotice) -> Void
  private let state: Mutex<State>

  init(
    _ desk: ModelDesk, _ ladder: AttemptLadder, accounts: [String], priority: Int,
    simpler: (@Sendable () async -> String?)?, tell: @escaping @Sendable (ModelNotice) -> Void
  ) {
    self.desk = desk
    self.accounts = accounts
    self.priority = priority
    self.simpler = simpler
    self.tell = tell
    state = Mutex(State(ladder: ladder))
  }

  /// The model that is in use, or will be asked next.
  public var model: RoutedModel { state.withLock { $0.ladder.model } }

  /// All calls that failed so far.
  public var failures: [AttemptLadder.Failure] { state.withLock { $0.ladder.failures } }

  /// Asks for one turn. `request.model` is filled in; its limit of tokens is lowered to what the budgets allow.
  ///
  /// `onEvents` hears the answer as it comes. After `ModelNotice.retries` and `.falls` it comes from its beginning; of those only
  /// `.retries` can follow words that were heard already. After `ModelFailure.anew` the task begins from its beginning, with the same
  /// session. Cancelling the Swift task ends the turn wherever it is: before the gate, in a wait, in the middle of the answer.
  public func turn(
    _ request: ModelRequest, onEvents: @Sendable ([ModelEvent]) async -> Void = { _ in }
  ) async throws(ModelFailure) -> ModelTurn {
    var bill = TurnBill()
    while true {
      let (model, filtered) = state.withLock { ($0.ladder.model, $0.thoughts.filtered(request)) }
      var asked = filtered
      asked.model = model.name.model
      guard let counter = desk.counter(model.name.provider) else {
        throw .noProvider("the provider \(model.name.provider) is not known here")
      }
      let call = ModelCall(
        desk: desk, counter: counter, model: model, accounts: accounts, priority: priority, tell: tell)
      let outcome = await call.make(asked, onEvents)
      bill.add(call.bill)
      switch outcome {
      case .success(let reply):
        state.withLock { state in
          state.ladder.answered()
          state.thoughts.note(reply)
        }
        return ModelTurn(reply: reply, model: model.name, usage: bill.usage, cost: bill.cost)
      case .failure(.provider(let error, _)): try await follow(error, counter.quota)
      case .failure(let failure): throw failure
      }
    }
  }

  /// What follows a failed call; returns where the turn is to be made again.
  private func follow(_ error: ProviderError, _ quota: GatePolicy.QuotaRule) async throws(ModelFailure) {
    let (step, failures) = state.withLock { state in
      let step = state.ladder.failed(error, jitter: Double.random(in: 0...1))
      switch step {
      case .fallback, .escalated: state.thoughts.change()
      default: break
      }
      return (step, state.ladder.failures)
    }
    switch step {
    case .again(let after):
      tell(.retries(after: after, error))
      try await sleep(after)
    case .simplified(let after):
      guard let prompt = await simpler?() else { return try await follow(error, quota) }
      tell(.simplifies)
      try await sleep(after)
      throw .anew(model, prompt: prompt)
    case .fallback(let next, let anew):
      tell(.falls(back: next, error))
      if anew { throw .anew(next, prompt: nil) }
    case .escalated(let next):
      tell(.escalates(next, error))
      throw .anew(next, prompt: nil)
    case .handBack(let error):
      if error.kind == .quota, quota == .park { throw .parked(error) }
      throw .provider(error, tried: failures)
    }
  }

  private func sleep(_ time: Duration) async throws(ModelFailure) {
    do { try await Task.pause(for: time) } catch { throw .cancelled }
  }
}

/// What the calls of one turn have taken together.
struct TurnBill: Hashable, Sendable {
  private(set) var usage = TokenUsage()
  private(set) var cost: Money? = .zero

  mutating func add(_ usage: TokenUsage, _ cost: Money?) {
    self.usage += usage
    self.cost = self.cost.flatMap { sum in cost.map { sum + $0 } }
  }

  mutating func add(_ other: TurnBill) { add(other.usage, other.cost) }
}

extension ModelDesk {
  /// A task's way through the models. `accounts` are the budgets that pay for it (its job, its group, its run); the greater `priority`
  /// passes a gate first; `simpler` gives the prompt to try when the first model makes nothing of the task's own; `tell` hears what
  /// happens, and must not block. Throws `noProvider` or `unknownModel` where there is nothing to choose, `cancelled`.
  public func session(
    _ query: RouteQuery, accounts: [String] = [], priority: Int = 0, retries: Int = 2,
    simpler: (@Sendable () async -> String?)? = nil, tell: @escaping @Sendable (ModelNotice) -> Void = { _ in }
  ) async throws(ModelFailure) -> ModelSession {
    let (decision, router) = await route(query)
    if Task.isCancelled { throw .cancelled }
    guard let chosen = decision.chosen else { throw ModelFailure(noModelIn: decision, of: setup) }
    tell(.chosen(decision))
    let ladder = AttemptLadder(
      model: chosen, fallbacks: decision.fallbacks, retries: retries, canSimplify: simpler != nil,
      escalation: escalation(router, from: decision.tier, query))
    return ModelSession(self, ladder, accounts: accounts, priority: priority, simpler: simpler, tell: tell)
  }
}
