/// How far several pieces of work are together, and how long the rest may take. Pure.
///
/// Invariants:
/// - `fraction` is from 0 to 1, and 1 only if every piece has ended.
/// - With the same expectations, no piece that goes on, reports more or ends makes it smaller.
/// - A piece weighs what it is expected to take; one of which nothing is known weighs the mean of the others.
public struct ProgressRollup: Sendable, Hashable {
  /// Where one piece of work stands.
  enum Stage: Sendable, Hashable {
    case waiting
    /// Milliseconds since it began.
    case running(Int)
    /// Milliseconds that it took, if it ever began.
    case ended(Int?, isSuccess: Bool)
  }

  /// A group with a limit of its own.
  struct Lane: Sendable, Hashable {
    let name: String
    let limit: Int
  }

  /// One piece of work.
  struct Item: Sendable, Hashable {
    var stage: Stage
    /// Milliseconds that it is expected to take in all.
    var expected: Int?
    /// What it says of itself, from 0 to 1.
    var fraction: Double?
    /// The work that it has started itself.
    var inner: ProgressRollup?
    var takesSlot = true
    /// The group in which only so many are done at a time.
    var lane: Lane?
    /// The places in the list of what must have ended before.
    var dependencies: [Int] = []
  }

  /// The most that an estimate by time may say, and a report of a piece's own: it has not ended.
  private static let mostByTime = 0.95
  private static let mostByReport = 0.99
  /// The most that is said as long as something has not ended.
  private static let mostUnended = 0.999

  /// How many pieces there are.
  public private(set) var total = 0
  /// How many ended well.
  public private(set) var completed = 0
  /// How many ended otherwise.
  public private(set) var failed = 0
  /// How many are being done.
  public private(set) var running = 0
  /// How far all is, from 0 to 1.
  public private(set) var fraction = 0.0
  /// Milliseconds until all has ended, as far as durations of earlier work tell; nil where they tell nothing.
  public private(set) var etaMs: Int?
  /// Whether something is known of each piece that has not ended: a duration to expect, or a report of its own.
  public private(set) var isEstimated = true

  /// The percentage, from 0 to 100.
  public var percentage: Double { fraction * 100 }

  /// Nothing to do.
  init() { etaMs = 0 }

  /// Rolls pieces up. At most `slots` of those that take one are done at a time.
  init(_ items: [Item], slots: Int) {
    total = items.count
    var known = 0.0
    var knownCount = 0
    for item in items {
      if let expected = item.typical {
        known += Double(expected)
        knownCount += 1
      }
    }
    let mean = knownCount == 0 ? nil : known / Double(knownCount)
    var weights = 0.0
    var done = 0.0
    for item in items {
      let weight = max(item.expected.map(Double.init) ?? mean ?? 1, 1)
      weights += weight
      done += weight * item.done
      switch item.stage {
      case .waiting: break
      case .running: running += 1
      case .ended(_, let isSuccess): if isSuccess { completed += 1 } else { failed += 1 }
      }
      if !item.hasEnded, item.expected == nil, item.fraction == nil, item.inner?.isEstimated != true {
        isEstimated = false
      }
    }
    let isOver = completed + failed == total
    fraction = isOver ? 1 : min(done / weights, ProgressRollup.mostUnended)
    etaMs = isOver ? 0 : ProgressRollup.eta(items, slots: slots, mean: mean)
  }

  /// The longest chain of what is left, or all of it by the slots, or a group's by its limit, whichever is longest.
  private static func eta(_ items: [Item], slots: Int, mean: Double?) -> Int? {
    var left: [Double] = []
    left.reserveCapacity(items.count)
    var work = 0.0
    var lanes: [Lane: Double] = [:]
    for item in items {
      guard let rest = item.left(mean: mean) else { return nil }
      left.append(rest)
      if item.takesSlot { work += rest }
      if let lane = item.lane { lanes[lane, default: 0] += rest }
    }
    let longestLane = lanes.map { $1 / Double(max($0.limit, 1)) }.max() ?? 0
    return Int(max(longestChain(left, items), work / Double(max(slots, 1)), longestLane).rounded(.up))
  }

  private static func longestChain(_ left: [Double], _ items: [Item]) -> Double {
    // Nil: not known yet. What depends on itself, which no graph that was accepted does, counts once.
    var chains = [Double?](repeating: nil, count: items.count)
    var isOpen = [Bool](repeating: false, count: items.count)
    for start in items.indices where chains[start] == nil {
      var stack = [start]
      while let index = stack.last {
        if !isOpen[index] {
          isOpen[index] = true
          stack += items[index].dependencies.filter { items.indices.contains($0) && !isOpen[$0] && chains[$0] == nil }
          continue
        }
        stack.removeLast()
        let before = items[index].dependencies.compactMap { items.indices.contains($0) ? chains[$0] : nil }.max() ?? 0
        chains[index] = chains[index] ?? left[index] + before
      }
    }
    return chains.compactMap(\.self).max() ?? 0
  }
}

extension ProgressRollup.Item {
  var hasEnded: Bool { if case .ended = stage { true } else { false } }

  /// What it took, or is expected to.
  fileprivate var typical: Int? {
    if let expected { return expected }
    if case .ended(let took, _) = stage { return took }
    return nil
  }

  /// How far it is, from 0 to 1.
  fileprivate var done: Double {
    switch stage {
    case .ended: return 1
    case .waiting: return 0
    case .running(let elapsed):
      if let fraction { return min(max(fraction, 0), ProgressRollup.mostByReport) }
      if let expected { return min(Double(max(elapsed, 0)) / Double(max(expected, 1)), ProgressRollup.mostByTime) }
      return min(inner?.fraction ?? 0, ProgressRollup.mostByTime)
    }
  }

  /// Milliseconds that are left of it.
  fileprivate func left(mean: Double?) -> Double? {
    switch stage {
    case .ended: return 0
    case .waiting: return expected.map(Double.init) ?? mean
    case .running(let elapsed):
      // Early reports say little of the speed.
      if let fraction, fraction >= 0.05, elapsed > 0 { return Double(elapsed) * (1 - min(fraction, 1)) / fraction }
      if let whole = expected.map(Double.init) ?? mean { return max(whole - Double(elapsed), whole * 0.05) }
      return inner?.etaMs.map(Double.init)
    }
  }
}
