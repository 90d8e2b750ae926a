internal import Clocks
internal import Synchronization

/// The gate before one provider and key, for tasks: each call passes through `run`, which waits while the gate does not let it.
///
/// What decides is `GateState`; here are the waiting tasks, the timer and, with a file, the other processes. Nobody is resumed while
/// the lock is held.
public final class ProviderGate: Sendable {
  private typealias Waiter = CheckedContinuation<Result<Void, ProviderError>, Never>

  private struct State {
    var gate: GateState
    var last: UInt64 = 0
    var waiters: [UInt64: Waiter] = [:]
    var notices: [UInt64: @Sendable (GateWait) -> Void] = [:]
    var withdrawn: Set<UInt64> = []
    var wake: Duration?
    var timer: Task<Void, Never>?
  }

  private let state: Mutex<State>
  private let file: GateFile?
  private let member = UInt64.random(in: 1 ... .max)
  /// How often a process that has calls here looks into the file.
  private static let look = Duration.seconds(1)

  /// A gate. `file` is where the processes of this user agree on it; nil for a gate of this process alone.
  public init(policy: GatePolicy = GatePolicy(), file: GateFile? = nil) {
    state = Mutex(State(gate: GateState(policy: policy)))
    self.file = file
  }

  deinit { state.withLock { $0.timer?.cancel() } }

  /// Makes a call as soon as the gate lets it, and again each time the provider turns it away, until the gate refuses it.
  ///
  /// `onWait` hears why the call waits and until when, on `GateFile.now`'s clock. `body` makes the call, says by `answering` that the
  /// provider has begun to answer, and returns the tokens it took, if known, with its value. Throws what `body` throws, or the
  /// error for which the gate refuses or parks the call (a quota with `resetsAt`), or `CancellationError`.
  public func run<Value: Sendable>(
    model: String, tokens: Int = 0, priority: Int = 0, onWait: @escaping @Sendable (GateWait) -> Void = { _ in },
    _ body: @Sendable (_ answering: @Sendable () -> Void) async throws -> (value: Value, tokens: Int?)
  ) async throws -> Value {
    let id = state.withLock { state in
      state.last += 1
      state.notices[state.last] = onWait
      return state.last
    }
    defer { state.withLock { _ = $0.notices.removeValue(forKey: id) } }
    try await pass(id) { $0.ask(GateCall(id: id, model: model, tokens: tokens, priority: priority), now: $1) }
    while true {
      do {
        let outcome = try await body { self.change { $0.answering(id, now: $1) } }
        end(id, .answered(tokens: outcome.tokens))
        return outcome.value
      } catch let error as ProviderError where error.kind.shutsGate {
        let jitter = Double.random(in: 0...1)
        try await pass(id) { $0.ended(id, .failed(error), now: $1, jitter: jitter) }
      } catch let error as ProviderError {
        end(id, .failed(error))
        throw error
      } catch {
        end(id, .givenUp)
        throw error
      }
    }
  }

  private func end(_ id: UInt64, _ outcome: GateOutcome) {
    change { $0.ended(id, outcome, now: $1, jitter: Double.random(in: 0...1)) }
  }

  /// Lets a call ask, and waits until it is admitted.
  private func pass(_ id: UInt64, _ ask: @escaping (inout GateState, Duration) -> [GateAction]) async throws {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: Waiter) in
        change(before: { state in state.waiters[id] = waiter }, ask)
        if Task.isCancelled { withdraw(id) }
      }
    } onCancel: {
      withdraw(id)
    }
    switch result {
    case .success:
      guard Task.isCancelled else { return }
      // Admitted in the moment in which nobody wanted it any more; or withdrawn, and then there is nothing to end.
      let wasWithdrawn = state.withLock { $0.withdrawn.remove(id) != nil }
      if !wasWithdrawn { end(id, .givenUp) }
      throw CancellationError()
    case .failure(let error): throw error
    }
  }

  private func withdraw(_ id: UInt64) {
    var waiter: Waiter?
    change(
      before: { state in
        waiter = state.waiters.removeValue(forKey: id)
        if waiter != nil { state.withdrawn.insert(id) }
      }, { waiter == nil ? [] : $0.withdraw(id, now: $1) })
    waiter?.resume(returning: .success(()))
  }

  /// Changes the gate, agrees with the other processes, and does what follows.
  private func change(
    before: (inout sending State) -> Void = { _ in }, _ body: (inout GateState, Duration) -> [GateAction]
  ) {
    var resumed: [(Waiter, Result<Void, ProviderError>)] = []
    var told: [(@Sendable (GateWait) -> Void, GateWait)] = []
    state.withLock { state in
      before(&state)
      let now = GateFile.now()
      var actions = exchange(&state.gate, now, always: true)
      actions += body(&state.gate, now)
      actions += exchange(&state.gate, now, always: false)
      var place = 0
      while place < actions.count {
        switch actions[place] {
        case .admit(let id):
          if let waiter = state.waiters.removeValue(forKey: id) {
            resumed.append((waiter, .success(())))
          } else {
            // It was withdrawn in the same moment: nobody would make this call, nor end it.
            actions += state.gate.ended(id, .givenUp, now: now, jitter: 0)
          }
        case .refuse(let id, let error), .park(let id, let error):
          if let waiter = state.waiters.removeValue(forKey: id) { resumed.append((waiter, .failure(error))) }
        case .wait(let id, let wait): if let notice = state.notices[id] { told.append((notice, wait)) }
        }
        place += 1
      }
      setTimer(&state, now)
    }
    for (notice, wait) in told { notice(wait) }
    for (waiter, result) in resumed { waiter.resume(returning: result) }
  }

  /// A file that cannot be read or written is as none: the gate of this process still holds.
  private func exchange(_ gate: inout GateState, _ now: Duration, always: Bool) -> [GateAction] {
    guard let file, always || gate.needsExchange else { return [] }
    return (try? file.exchange { gate.exchange(with: &$0, member: member, now: now) }) ?? []
  }

  /// One task that sleeps until the next moment that counts: it holds no call up, and ends with the gate.
  private func setTimer(_ state: inout sending State, _ now: Duration) {
    var wake = state.gate.nextMoment
    if file != nil, state.gate.waitingCount + state.gate.runningCount > 0 {
      wake = min(wake ?? .seconds(Int64.max), now + ProviderGate.look)
    }
    guard wake != state.wake || state.timer == nil else { return }
    state.timer?.cancel()
    state.timer = nil
    state.wake = wake
    guard let wake else { return }
    state.timer = Task { [weak self] in
      try? await Task.pause(for: max(wake - now, .milliseconds(1)))
      if !Task.isCancelled { self?.ring() }
    }
  }

  private func ring() {
    state.withLock { state in
      state.timer = nil
      state.wake = nil
    }
    change { $0.advance(now: $1) }
  }

  /// How many calls wait, and how many are being made.
  public var counts: (waiting: Int, running: Int) {
    state.withLock { (waiting: $0.gate.waitingCount, running: $0.gate.runningCount) }
  }
}
