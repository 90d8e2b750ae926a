internal import Clocks
internal import Jobs
internal import Synchronization

/// Looks for the answers to a run's open questions, wherever they are given, and settles those whose time is up.
final class DecisionWatch: Sendable {
  /// A question that somebody waits for.
  private struct Open {
    let decision: DecisionRecord
    let due: MonotonicTime?
    /// The number under which its asker waits.
    let number: UInt64
  }

  private struct State {
    var open: [DecisionID: Open] = [:]
    var isWatching = false
  }

  /// How long an answer may lie before it is heard.
  private static let period = Duration.milliseconds(100)

  private let registry: Registry
  private let gate: HostGate
  private let state = Mutex(State())

  init(_ registry: Registry, gate: HostGate) {
    self.registry = registry
    self.gate = gate
  }

  /// Tells the asker that waits under `number` once the question is settled.
  func add(_ decision: DecisionRecord, due: MonotonicTime?, number: UInt64) {
    let mustStart = state.withLock { state in
      state.open[decision.id] = Open(decision: decision, due: due, number: number)
      defer { state.isWatching = true }
      return !state.isWatching
    }
    if mustStart { Task { await watch() } }
  }

  /// Nobody waits for it any more.
  func remove(_ id: DecisionID) { state.withLock { $0.open[id] = nil } }

  /// Settles a question without a person: by its default, or by none.
  func giveUp(_ id: DecisionID, because why: String) {
    guard let open = state.withLock({ $0.open[id] }) else { return }
    let answer = open.decision.defaultAnswer
    // Where the disk refuses it, the next look tries again.
    guard let settled = try? registry.settle(id, as: answer == nil ? .withdrawn : .default, answer: answer, by: why)
    else { return }
    tell(settled.record)
  }

  private func watch() async {
    var version: Int64?
    while true {
      try? await Task.pause(for: DecisionWatch.period)
      let open = state.withLock { state in
        if state.open.isEmpty { state.isWatching = false }
        return Array(state.open.values)
      }
      if open.isEmpty { return }
      let now = MonotonicTime.now
      for question in open where question.due.map({ $0 <= now }) ?? false {
        giveUp(question.decision.id, because: "timeout")
      }
      // A registry that cannot be read now is read the next time.
      guard let found = try? registry.dataVersion(), found != version else { continue }
      version = found
      for question in open {
        if let record = try? registry.decision(question.decision.id), record.status != .open { tell(record) }
      }
    }
  }

  private func tell(_ record: DecisionRecord) {
    guard let open = state.withLock({ $0.open.removeValue(forKey: record.id) }) else { return }
    gate.post(
      .answer(open.number) { host throws(HostFailure) in .values(host.decided(open.number, record)) })
  }
}
