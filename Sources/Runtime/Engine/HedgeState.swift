internal import Jobs

/// Which of two copies of a command makes an attempt's result, as a pure state machine.
///
/// Invariants:
/// - The first copy that ends well wins; the other is stopped then, and nothing is taken before it has ended too.
/// - If neither ends well the first copy's end counts.
/// - There is a second copy once at most, and none after a copy has won or was stopped.
struct HedgeState: Sendable, Hashable {
  enum Copy: Int, Sendable, Hashable, CaseIterable { case first = 1, second }

  enum Action: Sendable, Hashable {
    case startSecond
    /// This copy has lost.
    case stop(Copy)
    /// All has ended, and this copy's end is the attempt's.
    case take(Copy)
  }

  private var running: Set<Copy> = [.first]
  private var hasSecond = false
  private var hasFailedToStart = false
  private var winner: Copy?

  /// What came of the second copy; nil if there was none. Meaningful at the end.
  var result: HedgeEnd? { hasSecond && !hasFailedToStart ? (winner == .second ? .won : .lost) : nil }

  /// The first copy takes long, and there is room for a second one.
  mutating func isSlow() -> [Action] {
    guard !hasSecond, running == [.first] else { return [] }
    hasSecond = true
    running.insert(.second)
    return [.startSecond]
  }

  /// There could be no second copy. The first goes on alone.
  mutating func secondDidNotStart() {
    running.remove(.second)
    hasFailedToStart = true
  }

  /// A copy has ended: `well` with its gate passed.
  mutating func ended(_ copy: Copy, well: Bool) -> [Action] {
    precondition(running.remove(copy) != nil, "copy \(copy.rawValue) ended, and did not run")
    if well, winner == nil {
      winner = copy
      if let other = running.first { return [.stop(other)] }
    }
    return running.isEmpty ? [.take(winner ?? .first)] : []
  }
}
