/// A regular expression as a machine that can be in many places at once (Thompson's construction).
struct PatternProgram: Hashable, Sendable {
  enum Step: Hashable, Sendable {
    /// Take one scalar of the set, and go on at the next step.
    case scalar(ScalarSet)
    /// Go on at the next step if the place in the line is right.
    case assertion(PatternNode.Assertion)
    /// Go on at both.
    case split(Int, Int)
    case jump(Int)
    case match
  }

  private(set) var steps: [Step] = []
  /// Counted repetitions are written out, and nested ones multiply.
  private static let mostSteps = 20_000

  /// Nil if the machine would be too large.
  init?(_ node: PatternNode) {
    guard add(node) else { return nil }
    steps.append(.match)
  }

  private mutating func add(_ node: PatternNode) -> Bool {
    guard steps.count < PatternProgram.mostSteps else { return false }
    switch node {
    case .empty: return true
    case .scalars(let set): steps.append(.scalar(set))
    case .assertion(let assertion): steps.append(.assertion(assertion))
    case .sequence(let parts): return parts.allSatisfy { add($0) }
    case .choice(let branches): return add(choice: branches[...])
    case .repetition(let body, let least, let most): return add(body, least: least, most: most)
    }
    return true
  }

  private mutating func add(choice branches: ArraySlice<PatternNode>) -> Bool {
    var ends: [Int] = []
    for (number, branch) in branches.enumerated() {
      guard number < branches.count - 1 else {
        guard add(branch) else { return false }
        break
      }
      let split = steps.count
      steps.append(.split(split + 1, split + 1))
      guard add(branch) else { return false }
      ends.append(steps.count)
      steps.append(.jump(0))
      steps[split] = .split(split + 1, steps.count)
    }
    for end in ends { steps[end] = .jump(steps.count) }
    return true
  }

  private mutating func add(_ body: PatternNode, least: Int, most: Int?) -> Bool {
    let start = steps.count
    for _ in 0..<least {
      guard add(body) else { return false }
      // However often nothing is repeated, it is nothing.
      if steps.count == start { return true }
    }
    guard let most else {
      let split = steps.count
      steps.append(.split(split + 1, split + 1))
      guard add(body) else { return false }
      steps.append(.jump(split))
      steps[split] = .split(split + 1, steps.count)
      return true
    }
    var splits: [Int] = []
    for _ in least..<most {
      splits.append(steps.count)
      steps.append(.split(0, 0))
      guard add(body) else { return false }
    }
    for split in splits { steps[split] = .split(split + 1, steps.count) }
    return true
  }
}
