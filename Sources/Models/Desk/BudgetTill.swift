internal import Synchronization

/// The budgets of a run, for tasks: whoever cannot be paid for now waits here until others have been settled. Of those that wait,
/// whoever came first is asked first. What decides is `BudgetState`. Nobody is resumed while the lock is held.
final class BudgetTill: Sendable {
  private typealias Waiter = CheckedContinuation<BudgetClaim.Outcome?, Never>

  private struct Line {
    let id: UInt64
    let claim: BudgetClaim
    let waiter: Waiter
  }

  private struct State {
    var budget = BudgetState()
    var line: [Line] = []
    var last: UInt64 = 0
    var withdrawn: Set<UInt64> = []
  }

  private let state = Mutex(State())

  /// Looks at the accounts.
  func read<Value: Sendable>(_ body: (BudgetState) -> Value) -> Value { state.withLock { body($0.budget) } }

  /// Opens an account, or changes its limit.
  func setLimit(_ limit: BudgetLimit, of account: String) { change { $0.setLimit(limit, of: account) } }

  /// Puts what a call did cost in the place of its reservation; `BudgetState.settle`.
  func settle(_ reservation: UInt64, usage: TokenUsage, cost: Money?) -> [(account: String, share: Double)] {
    change { $0.settle(reservation, usage: usage, cost: cost) }
  }

  /// Gives a reservation back whose call took nothing.
  func release(_ reservation: UInt64) { change { $0.release(reservation) } }

  /// Sets money aside for a call, waiting until it can be; `onWait` hears why it has to. Throws `ModelFailure.budget`
  /// or `.cancelled`.
  func reserve(
    _ claim: BudgetClaim, onWait: (BudgetRefusal) -> Void
  ) async throws(ModelFailure) -> (reservation: UInt64, answer: Int?) {
    var outcome = state.withLock { claim.attempt(&$0.budget) }
    if case .later(let refusal) = outcome {
      onWait(refusal)
      guard let answer = await wait(claim) else { throw .cancelled }
      outcome = answer
    }
    switch outcome {
    case .granted(let reservation, let answer): return (reservation: reservation, answer: answer)
    case .refused(let refusal), .later(let refusal): throw .budget(refusal)
    }
  }

  /// Nil if the task was cancelled.
  private func wait(_ claim: BudgetClaim) async -> BudgetClaim.Outcome? {
    let id = state.withLock { state in
      state.last += 1
      return state.last
    }
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: Waiter) in
        let isLate = state.withLock { state in
          if state.withdrawn.remove(id) != nil { return true }
          state.line.append(Line(id: id, claim: claim, waiter: waiter))
          return false
        }
        // What it waits for may have ended since it asked.
        if isLate { waiter.resume(returning: nil) } else { change { _ in } }
      }
    } onCancel: {
      let line = state.withLock { state -> Line? in
        guard let place = state.line.firstIndex(where: { $0.id == id }) else {
          state.withdrawn.insert(id)
          return nil
        }
        return state.line.remove(at: place)
      }
      line?.waiter.resume(returning: nil)
    }
    // Cancelled after it was answered.
    state.withLock { _ = $0.withdrawn.remove(id) }
    return outcome
  }

  /// Changes the accounts, and lets those pass who can be paid for now.
  private func change<Value: Sendable>(_ body: (inout BudgetState) -> Value) -> Value {
    var answered: [(Waiter, BudgetClaim.Outcome)] = []
    let value = state.withLock { state in
      let value = body(&state.budget)
      let line = state.line
      state.line = []
      for place in line {
        switch place.claim.attempt(&state.budget) {
        case .later: state.line.append(place)
        case let outcome: answered.append((place.waiter, outcome))
        }
      }
      return value
    }
    for (waiter, outcome) in answered { waiter.resume(returning: outcome) }
    return value
  }
}
