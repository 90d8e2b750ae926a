import Testing

@testable import Runtime

/// How far work is, over many random lists of it.
@Suite struct ProgressRollupTests {
  private typealias Item = ProgressRollup.Item

  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  private static func item(_ place: Int, _ random: inout Generator, depth: Int = 0) -> Item {
    let stage: ProgressRollup.Stage =
      switch Int.random(in: 0..<4, using: &random) {
      case 0: .waiting
      case 1:
        .ended(
          Bool.random(using: &random) ? Int.random(in: 0...5000, using: &random) : nil,
          isSuccess: .random(using: &random))
      default: .running(Int.random(in: 0...20_000, using: &random))
      }
    var item = Item(stage: stage)
    if Bool.random(using: &random) { item.expected = Int.random(in: 0...10_000, using: &random) }
    if Int.random(in: 0..<3, using: &random) == 0 { item.fraction = Double.random(in: 0...1, using: &random) }
    if depth == 0, Int.random(in: 0..<4, using: &random) == 0 { item.inner = rollup(&random, depth: 1) }
    item.takesSlot = Bool.random(using: &random)
    if place > 0, Bool.random(using: &random) { item.dependencies = [Int.random(in: 0..<place, using: &random)] }
    return item
  }

  private static func items(_ random: inout Generator, depth: Int = 0) -> [Item] {
    let count = Int.random(in: 0...8, using: &random)
    return (0..<count).map { item($0, &random, depth: depth) }
  }

  private static func rollup(_ random: inout Generator, depth: Int) -> ProgressRollup {
    ProgressRollup(items(&random, depth: depth), slots: Int.random(in: 1...4, using: &random))
  }

  /// The same piece a little later.
  private static func later(_ item: Item, _ random: inout Generator) -> Item {
    var item = item
    switch item.stage {
    case .waiting: if Bool.random(using: &random) { item.stage = .running(0) }
    case .running(let elapsed):
      if Int.random(in: 0..<3, using: &random) == 0 {
        item.stage = .ended(elapsed, isSuccess: .random(using: &random))
      } else {
        item.stage = .running(elapsed + Int.random(in: 0...3000, using: &random))
        item.fraction = item.fraction.map { min(1, $0 + Double.random(in: 0...0.3, using: &random)) }
      }
    case .ended: break
    }
    return item
  }

  @Test func itIsFromZeroToOneAndOneOnlyAtTheEnd() {
    var random = Generator(state: 7)
    for _ in 0..<50_000 {
      let items = Self.items(&random)
      let rollup = ProgressRollup(items, slots: Int.random(in: 1...4, using: &random))
      #expect((0...1).contains(rollup.fraction))
      #expect((rollup.fraction == 1) == items.allSatisfy(\.hasEnded))
      #expect(rollup.completed + rollup.failed == items.count(where: \.hasEnded) && rollup.total == items.count)
      #expect(rollup.etaMs ?? 0 >= 0 && (rollup.etaMs == 0 || !items.allSatisfy(\.hasEnded)))
    }
  }

  @Test func itNeverGoesBackWhileWorkGoesOn() {
    var random = Generator(state: 11)
    for _ in 0..<5_000 {
      // What is expected is known from the beginning: an end teaches the mean of what is not.
      var items = Self.items(&random)
      for place in items.indices { items[place].expected = items[place].expected ?? 1000 }
      var last = ProgressRollup(items, slots: 2).fraction
      for _ in 0..<12 {
        items = items.map { Self.later($0, &random) }
        let now = ProgressRollup(items, slots: 2).fraction
        #expect(now >= last - 1e-12, "\(items)")
        last = now
      }
    }
  }

  @Test func whatIsExpectedToTakeLongerWeighsMore() {
    let ended = Item(stage: .ended(900, isSuccess: true), expected: 900)
    let waiting = Item(stage: .waiting, expected: 100)
    #expect(ProgressRollup([ended, waiting], slots: 1).fraction == 0.9)
    // Of one that nobody knows the mean is taken; where nothing is known all weigh the same.
    #expect(ProgressRollup([ended, Item(stage: .waiting)], slots: 1).fraction == 0.5)
    #expect(
      ProgressRollup([Item(stage: .ended(nil, isSuccess: false)), Item(stage: .waiting)], slots: 1).fraction == 0.5)
    #expect(ProgressRollup([Item(stage: .running(500), expected: 1000)], slots: 1).fraction == 0.5)
    #expect(ProgressRollup([Item(stage: .running(9000), expected: 1000)], slots: 1).fraction == 0.95)
    #expect(ProgressRollup([Item(stage: .running(500), expected: 1000, fraction: 0.2)], slots: 1).fraction == 0.2)
    #expect(ProgressRollup([Item(stage: .running(500), fraction: 1)], slots: 1).fraction == 0.99)
  }

  @Test func theRestTakesAsLongAsItsLongestChainOrItsSlotsSay() {
    let task = Item(stage: .waiting, expected: 1000)
    #expect(ProgressRollup([task, task, task, task], slots: 2).etaMs == 2000)
    #expect(ProgressRollup([task, task, task, task], slots: 10).etaMs == 1000)
    var second = task
    second.dependencies = [0]
    var third = task
    third.dependencies = [1]
    #expect(ProgressRollup([task, second, third], slots: 10).etaMs == 3000)
    #expect(ProgressRollup([Item(stage: .running(400), expected: 1000)], slots: 1).etaMs == 600)
    #expect(ProgressRollup([Item(stage: .running(400), fraction: 0.8)], slots: 1).etaMs == 100)
    #expect(ProgressRollup([Item(stage: .running(4000), expected: 1000)], slots: 1).etaMs == 50)
    #expect(ProgressRollup([task, Item(stage: .waiting)], slots: 1).etaMs == 2000)
    #expect(ProgressRollup([Item(stage: .waiting)], slots: 1).etaMs == nil)
    let narrow = Item(stage: .waiting, expected: 1000, lane: .init(name: "g", limit: 2))
    #expect(ProgressRollup([narrow, narrow, narrow, narrow, task], slots: 10).etaMs == 2000)
    #expect(ProgressRollup([], slots: 1).etaMs == 0)
  }

  @Test func aChainOfManyThousandsIsNoTrouble() {
    let items = (0..<50_000).map { place in
      Item(stage: .waiting, expected: 2, dependencies: place == 0 ? [] : [place - 1])
    }
    #expect(ProgressRollup(items.reversed().map { $0 }, slots: 4).etaMs != nil)
    #expect(ProgressRollup(items, slots: 4).etaMs == 100_000)
  }
}
