/// The search for conflicts: patterns in the order of what their paths begin with, each compared with those before it that
/// may have a path in common.
struct ConflictSearch {
  private struct Node {
    let path: GlobPath
    let pattern: String
    var writers: [Int] = []
    var readers: [Int] = []
  }

  private struct Pair: Hashable {
    let one: Int
    let other: Int
  }

  private let first: Int
  private var nodes: [Node] = []
  private var numbers: [GlobPath: Int] = [:]
  private var found: Set<Pair> = []
  private(set) var pairs: [PathConflict] = []
  private(set) var crowds: [ConflictGraph.Crowd] = []

  /// Pairs of tasks before `first` are left out.
  init(first: Int) { self.first = first }

  mutating func add(_ pattern: GlobPattern, _ use: PathConflict.Use, by task: Int) {
    for path in pattern.alternatives {
      let number = numbers[path] ?? nodes.count
      if number == nodes.count {
        numbers[path] = number
        nodes.append(Node(path: path, pattern: pattern.text))
      }
      // The tasks come in order: a doubled pattern of one task stands at the end.
      switch use {
      case .writes: if nodes[number].writers.last != task { nodes[number].writers.append(task) }
      case .reads: if nodes[number].readers.last != task { nodes[number].readers.append(task) }
      }
    }
  }

  /// Fills `pairs` and `crowds`.
  mutating func run() throws(ConflictError) {
    let order = nodes.indices.sorted { nodes[$0].path.prefix.lexicographicallyPrecedes(nodes[$1].path.prefix) }
    // Those whose beginning is the beginning of the one that is looked at, the shortest first; and of these the ones that
    // somebody writes: readers do not get in each other's way.
    var all: [Int] = []
    var written: [Int] = []
    for number in order {
      let prefix = nodes[number].path.prefix
      while let last = all.last, !prefix.starts(with: nodes[last].path.prefix) { all.removeLast() }
      while let last = written.last, !prefix.starts(with: nodes[last].path.prefix) { written.removeLast() }
      try meet(number)
      for other in nodes[number].writers.isEmpty ? written : all
      where nodes[number].path.overlaps(nodes[other].path) { try meet(number, other) }
      all.append(number)
      if !nodes[number].writers.isEmpty { written.append(number) }
    }
  }

  /// Those who name the same pattern.
  private mutating func meet(_ number: Int) throws(ConflictError) {
    let node = nodes[number]
    if node.writers.count >= ConflictGraph.leastCrowd {
      crowds.append(ConflictGraph.Crowd(pattern: node.pattern, tasks: node.writers))
    } else {
      try add(node.writers, .writes, node, node.writers, .writes, node)
    }
    let crowd = node.writers.count >= ConflictGraph.leastCrowd ? Set(node.writers) : []
    try add(node.writers, .writes, node, node.readers.filter { !crowd.contains($0) }, .reads, node)
  }

  /// Those who name two patterns that have a path in common.
  private mutating func meet(_ one: Int, _ other: Int) throws(ConflictError) {
    let (left, right) = (nodes[one], nodes[other])
    try add(left.writers, .writes, left, right.writers, .writes, right)
    try add(left.writers, .writes, left, right.readers, .reads, right)
    try add(left.readers, .reads, left, right.writers, .writes, right)
  }

  private mutating func add(
    _ ones: [Int], _ use: PathConflict.Use, _ node: Node, _ others: [Int], _ otherUse: PathConflict.Use,
    _ otherNode: Node
  ) throws(ConflictError) {
    for one in ones {
      for other in others where one != other && max(one, other) >= first {
        guard found.insert(Pair(one: min(one, other), other: max(one, other))).inserted else { continue }
        guard pairs.count < ConflictGraph.mostPairs else {
          throw ConflictError(
            sentence: "the reads and writes of the tasks get in each other's way in more than "
              + "\(ConflictGraph.mostPairs) pairs: narrow the patterns, or switch conflict_detection off")
        }
        pairs.append(
          PathConflict(
            .init(task: one, use: use, pattern: node.pattern),
            .init(task: other, use: otherUse, pattern: otherNode.pattern)))
      }
    }
  }
}
