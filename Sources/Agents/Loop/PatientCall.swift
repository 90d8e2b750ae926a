internal import Clocks
internal import Synchronization

/// One call of a tool: it is waited for until it ends, and once it is cancelled for ten seconds more. What does not end then is
/// left to itself, and what it answers is dropped; otherwise one tool that does not listen would hold its agent for ever.
final class PatientCall: Sendable {
  private struct State {
    var waiter: CheckedContinuation<ToolOutcome, Never>?
    var outcome: ToolOutcome?
    var timer: Task<Void, Never>?
    var isOver = false
  }

  private let state = Mutex(State())
  static let patience = Duration.seconds(10)

  /// The outcome of a call.
  static func run(
    patience: Duration = PatientCall.patience, _ call: @escaping @Sendable () async -> ToolOutcome
  ) async -> ToolOutcome {
    let wait = PatientCall()
    // Not a child: nobody could leave it before it ends.
    let work = Task { wait.end(await call()) }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { wait.begin($0) }
    } onCancel: {
      work.cancel()
      wait.hurry(patience)
    }
  }

  private func begin(_ waiter: CheckedContinuation<ToolOutcome, Never>) {
    let outcome = state.withLock { state -> ToolOutcome? in
      if state.outcome == nil { state.waiter = waiter }
      return state.outcome
    }
    if let outcome { waiter.resume(returning: outcome) }
  }

  /// The first outcome counts.
  private func end(_ outcome: ToolOutcome) {
    let (waiter, timer) = state.withLock { state -> (CheckedContinuation<ToolOutcome, Never>?, Task<Void, Never>?) in
      guard !state.isOver else { return (nil, nil) }
      state.isOver = true
      state.outcome = outcome
      return (state.waiter.take(), state.timer.take())
    }
    timer?.cancel()
    waiter?.resume(returning: outcome)
  }

  private func hurry(_ patience: Duration) {
    let timer = Task { [self] in
      do { try await Task.pause(for: patience) } catch { return }
      end(.failure("cancelled; it did not end within \(patience) and was left to itself"))
    }
    let isLate = state.withLock { state in
      if !state.isOver { state.timer = timer }
      return state.isOver
    }
    if isLate { timer.cancel() }
  }
}
