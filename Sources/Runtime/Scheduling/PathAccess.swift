/// Which files a task says that it reads and writes.
struct PathAccess: Sendable, Hashable {
  var reads: [GlobPattern] = []
  var writes: [GlobPattern] = []

  /// Whether it says nothing.
  var isEmpty: Bool { reads.isEmpty && writes.isEmpty }
}

/// Two tasks that are not to run at the same time: one writes what the other writes or reads.
struct PathConflict: Sendable, Hashable {
  /// What a task does with the files.
  enum Use: String, Sendable, Hashable {
    case reads, writes
  }

  /// One of the two.
  struct Side: Sendable, Hashable {
    let task: Int
    let use: Use
    let pattern: String
  }

  /// The earlier one in the list.
  let first: Side
  let second: Side

  /// In the order of the list.
  init(_ one: Side, _ other: Side) {
    (first, second) = one.task < other.task ? (one, other) : (other, one)
  }

  /// A sentence without its point, with the tasks' names.
  func sentence(_ first: String, _ second: String) -> String {
    let (left, right) = (self.first, self.second)
    if left.pattern == right.pattern, left.use == right.use {
      return "tasks '\(first)' and '\(second)' both write \"\(left.pattern)\""
    }
    return "task '\(first)' \(left.use.rawValue) \"\(left.pattern)\" and task '\(second)' \(right.use.rawValue) "
      + "\"\(right.pattern)\""
  }
}
