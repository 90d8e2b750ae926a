/// A waiting element's place among those that wait: smaller is sooner.
///
/// Priority ages: a point of it is worth a minute of waiting. So a rank is fixed once its element waits, whoever comes
/// later, and nobody waits for ever: behind a steady stream of more urgent work a task waits the difference in minutes
/// longer.
struct Rank: Sendable, Hashable, Comparable {
  /// How many seconds of waiting one point of priority is worth.
  static let secondsPerPoint = 60.0

  /// When it began to wait, in seconds on any one clock, moved back by its priority.
  let due: Double
  /// How much has to follow it in its group; of two that are due alike, the longer way goes first.
  let tail: Double
  /// Its place in the order of its list.
  let order: Int

  /// The rank of an element that waits since then.
  init(since: Double, priority: Double = Priority.normal, tail: Double = 0, order: Int = 0) {
    due = since - priority * Rank.secondsPerPoint
    self.tail = tail
    self.order = order
  }

  static func < (left: Rank, right: Rank) -> Bool {
    if left.due != right.due { return left.due < right.due }
    if left.tail != right.tail { return left.tail > right.tail }
    return left.order < right.order
  }
}

/// What a task's `priority` may be: a word, or points.
enum Priority {
  static let normal = 0.0
  /// The words, from the least to the most urgent.
  static let words: [(word: String, points: Double)] = [("low", -10), ("normal", 0), ("high", 10), ("critical", 30)]
  /// What a number may be: a day's waiting, either way.
  static let range = -1440.0...1440.0
  /// What is started before anybody knows that it is wanted gives way to all else.
  static let speculation = -1e6
}
