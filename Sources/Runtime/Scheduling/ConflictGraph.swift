/// Which of many tasks get in each other's way, by what they say that they read and write.
///
/// Each pattern is looked at once, however many tasks name it, and compared with those only that begin alike: for patterns
/// that begin differently the time is that of sorting them.
struct ConflictGraph: Sendable, Hashable {
  /// Many tasks that write the very same files: each two of them are a conflict, which is not listed as a pair.
  struct Crowd: Sendable, Hashable {
    let pattern: String
    /// In the order of the list.
    let tasks: [Int]
  }

  /// So many pairs say nothing to anybody, and fill the memory.
  static let mostPairs = 1_000_000
  /// From so many on, tasks that write the very same files are a crowd.
  static let leastCrowd = 33

  private(set) var pairs: [PathConflict] = []
  private(set) var crowds: [Crowd] = []

  /// Whether nothing gets in the way of anything.
  var isEmpty: Bool { pairs.isEmpty && crowds.isEmpty }

  /// The conflicts of tasks with these accesses. Those of tasks before `first` with each other are left out: they are known.
  init(_ accesses: [PathAccess], from first: Int = 0) throws(ConflictError) {
    var search = ConflictSearch(first: first)
    for (task, access) in accesses.enumerated() {
      for pattern in access.writes { search.add(pattern, .writes, by: task) }
      for pattern in access.reads { search.add(pattern, .reads, by: task) }
    }
    try search.run()
    pairs = search.pairs
    crowds = search.crowds
  }

  /// All tasks that are in a conflict.
  var tasks: Set<Int> {
    var tasks = Set(crowds.flatMap(\.tasks))
    for pair in pairs { tasks.formUnion([pair.first.task, pair.second.task]) }
    return tasks
  }

  /// The conflicts of tasks that no dependency puts in order, by their place in the list; of a crowd, those of neighbours.
  func unordered(in plan: GroupPlan) -> [PathConflict] {
    var candidates = pairs
    for crowd in crowds {
      for (one, other) in zip(crowd.tasks, crowd.tasks.dropFirst()) {
        candidates.append(
          PathConflict(
            .init(task: one, use: .writes, pattern: crowd.pattern),
            .init(task: other, use: .writes, pattern: crowd.pattern)))
      }
    }
    guard !candidates.isEmpty, plan.waves.count > 1 else { return candidates.sorted(by: ConflictGraph.isBefore) }
    var order = Reachability(plan: plan)
    candidates.sort(by: ConflictGraph.isBefore)
    return candidates.filter { !order.areOrdered($0.first.task, $0.second.task) }
  }

  private static func isBefore(_ one: PathConflict, _ other: PathConflict) -> Bool {
    (one.first.task, one.second.task) < (other.first.task, other.second.task)
  }
}

/// Why conflicts are not looked for to the end.
struct ConflictError: Error, Sendable, Hashable {
  /// One sentence without its point.
  let sentence: String
}

/// Whom a task waits for, by any way. The answer for one task is kept until another is asked for.
private struct Reachability {
  private let plan: GroupPlan
  private var known: Int?
  private var marks: [Bool]
  private var marked: [Int] = []

  init(plan: GroupPlan) {
    self.plan = plan
    marks = .init(repeating: false, count: plan.keys.count)
  }

  mutating func areOrdered(_ one: Int, _ other: Int) -> Bool {
    if known != one { look(from: one) }
    return marks[other]
  }

  /// Marks all that come before or after a task.
  private mutating func look(from task: Int) {
    for index in marked { marks[index] = false }
    marked = []
    known = task
    for next in [plan.dependencies, plan.dependents] {
      var open = next[task]
      while let index = open.popLast() {
        if marks[index] { continue }
        marks[index] = true
        marked.append(index)
        open += next[index]
      }
    }
  }
}
