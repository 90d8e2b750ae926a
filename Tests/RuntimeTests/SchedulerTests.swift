import Testing

@testable import Runtime

@Suite struct SchedulerTests {
  typealias Scheduler = SchedulerState<Int>

  private func claim(
    _ caps: [Scheduler.Cap] = [.pool], since: Double = 0, priority: Double = 0, order: Int = 0, affinity: String? = nil
  ) -> Scheduler.Claim {
    .init(
      caps: affinity.map { caps + [.affinity($0)] } ?? caps,
      rank: Rank(since: since, priority: priority, order: order), affinity: affinity)
  }

  @Test func slotsAreGivenInTheOrderInWhichTheyWereAskedFor() {
    var scheduler = Scheduler(slots: 2)
    #expect(scheduler.enter(1, claim(since: 1)) == [1])
    #expect(scheduler.enter(2, claim(since: 2)) == [2])
    for element in 3...5 { #expect(scheduler.enter(element, claim(since: Double(element))) == []) }
    #expect(scheduler.leave(4) == [], "one that waits holds no slot to pass on")
    #expect(scheduler.leave(1) == [3])
    #expect(scheduler.leave(2) == [5])
    #expect(scheduler.leave(99) == [], "a stranger changes nothing")
    #expect(scheduler.activeElements == [3, 5])
    #expect(scheduler.slot(of: 3) == 1 && scheduler.slot(of: 5) == 2, "a slot's number is passed on with it")
  }

  @Test func aMoreUrgentTaskGoesFirstUntilTheOtherHasWaitedLongEnough() {
    var scheduler = Scheduler(slots: 1)
    _ = scheduler.enter(0, claim())
    _ = scheduler.enter(1, claim(since: 0, priority: 0))
    _ = scheduler.enter(2, claim(since: 500, priority: 10))
    _ = scheduler.enter(3, claim(since: 700, priority: 10))
    #expect(scheduler.leave(0) == [2], "ten points are worth ten minutes, and only 500 seconds had passed")
    #expect(scheduler.leave(2) == [1], "after 700 seconds the older one is due")
    #expect(scheduler.leave(1) == [3])
  }

  @Test func amongEqualsTheLongestWayGoesFirst() {
    var scheduler = Scheduler(slots: 1)
    _ = scheduler.enter(0, claim())
    for (element, tail) in [(1, 1.0), (2, 5.0), (3, 5.0), (4, 9.0)] {
      _ = scheduler.enter(element, .init(caps: [.pool], rank: Rank(since: 0, tail: tail, order: element)))
    }
    var order: [Int] = []
    var next = scheduler.leave(0)
    while let element = next.first {
      order.append(element)
      next = scheduler.leave(element)
    }
    #expect(order == [4, 2, 3, 1])
  }

  @Test func anAffinityKeepsItsSlotAndItsTasksGoOneAfterTheOther() {
    var scheduler = Scheduler(slots: 2)
    #expect(scheduler.enter(1, claim(affinity: "db")) == [1])
    #expect(scheduler.enter(2, claim(order: 1)) == [2])
    #expect(scheduler.enter(3, claim(order: 2)) == [])
    #expect(scheduler.enter(4, claim(order: 3, affinity: "db")) == [])
    #expect(scheduler.leave(1) == [4], "it follows in the same slot, though another waits longer")
    #expect(scheduler.slot(of: 4) == 1)
    #expect(scheduler.enter(5, claim(order: 4, affinity: "db")) == [])
    #expect(scheduler.leave(2) == [3], "a second of the affinity would not be alone")
    #expect(scheduler.leave(3) == [] && scheduler.leave(4) == [5])
  }

  @Test func anAffinityDoesNotKeepItsSlotForEver() {
    var scheduler = Scheduler(slots: 1)
    for element in 0..<100 { _ = scheduler.enter(element, claim(order: 1000 + element, affinity: "db")) }
    _ = scheduler.enter(1000, claim(order: 1))
    var started = 0
    var next = [0]
    while let element = next.first, element != 1000 {
      started += 1
      next = scheduler.leave(element)
    }
    #expect(next == [1000] && started == Scheduler.longestRow)
  }

  @Test func whatExcludesEachOtherDoesNotRunTogetherAndNobodyIsPassedOverForIt() {
    var scheduler = Scheduler(slots: 4)
    // Readers come again and again; the writer excludes them all.
    #expect(scheduler.enter(1, claim(order: 1)) == [1])
    scheduler.exclude(1, 100)
    #expect(scheduler.enter(100, claim(order: 2)) == [])
    scheduler.exclude(2, 100)
    #expect(scheduler.enter(2, claim(order: 3)) == [], "a later reader does not overtake the writer")
    #expect(scheduler.enter(3, claim(order: 4)) == [3], "whoever is not concerned does")
    #expect(scheduler.leave(1) == [100])
    #expect(scheduler.leave(100) == [2])
  }

  /// Beside a list that is searched from its beginning each time: the same starts, in the same order.
  @Test(arguments: 0..<60) func itStartsTheBestOfAllThatCould(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let slots = Int.random(in: 1...6, using: &random)
    var scheduler = Scheduler(slots: slots)
    var model = PlainScheduler(limits: [.pool: slots])
    for cap in [Scheduler.Cap.group("0"), .group("1"), .agent("0"), .agent("1")] where Bool.random(using: &random) {
      let limit = Int.random(in: 1...3, using: &random)
      _ = scheduler.setLimit(cap, limit)
      model.limits[cap] = limit
    }
    var next = 0
    for _ in 0..<400 {
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<50:
        var caps: [Scheduler.Cap] = Int.random(in: 0..<5, using: &random) > 0 ? [.pool] : []
        if Bool.random(using: &random) { caps.append(.group("\(Int.random(in: 0..<3, using: &random))")) }
        if Bool.random(using: &random) { caps.append(.agent("\(Int.random(in: 0..<2, using: &random))")) }
        let new = claim(caps, since: Double(Int.random(in: 0..<20, using: &random)))
        #expect(scheduler.enter(next, new) == model.enter(next, new))
        next += 1
      case 50..<94:
        guard let victim = model.all.randomElement(using: &random) else { continue }
        #expect(scheduler.leave(victim) == model.leave(victim))
      case 94..<97:
        model.isClosed.toggle()
        if model.isClosed { scheduler.close() } else { #expect(scheduler.open() == model.settle()) }
      default:
        let cap = Scheduler.Cap.group("\(Int.random(in: 0..<3, using: &random))")
        let limit = Int.random(in: 1...4, using: &random)
        model.limits[cap] = limit
        #expect(scheduler.setLimit(cap, limit) == model.settle())
      }
      #expect(scheduler.waitingCount == model.waiting.count && scheduler.holderCount == model.holding.count)
    }
    for element in model.all { _ = scheduler.leave(element) }
    while let holder = scheduler.activeElements.first { _ = scheduler.leave(holder) }
    #expect(scheduler.waitingCount == 0 && scheduler.keptCount == 0, "nothing is kept of what is over")
  }

  /// Random exclusions, affinities and cancels: nothing runs together that must not, and nobody waits in an empty pool.
  @Test(arguments: 0..<100) func nobodyIsForgotten(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let slots = Int.random(in: 1...6, using: &random)
    var scheduler = Scheduler(slots: slots)
    var exclusions: [Int: Set<Int>] = [:], affinities: [Int: Int] = [:]
    var holding: Set<Int> = [], waiting: Set<Int> = []
    func started(_ elements: [Int]) {
      for element in elements {
        #expect(waiting.remove(element) != nil)
        #expect(exclusions[element, default: []].isDisjoint(with: holding))
        #expect(affinities[element] == nil || !holding.contains { affinities[$0] == affinities[element] })
        holding.insert(element)
      }
      #expect(holding.count <= slots && (waiting.isEmpty || !holding.isEmpty))
    }
    func leave(_ element: Int) {
      holding.remove(element)
      waiting.remove(element)
      let next = scheduler.leave(element)
      scheduler.forget(element)
      for other in exclusions.removeValue(forKey: element) ?? [] { exclusions[other]?.remove(element) }
      started(next)
    }
    for element in 0..<200 {
      for other in waiting.union(holding).sorted() where Int.random(in: 0..<4, using: &random) == 0 {
        scheduler.exclude(element, other)
        exclusions[element, default: []].insert(other)
        exclusions[other, default: []].insert(element)
      }
      let affinity = Bool.random(using: &random) ? Int.random(in: 0..<2, using: &random) : nil
      affinities[element] = affinity
      waiting.insert(element)
      let since = Double(Int.random(in: 0..<50, using: &random))
      started(scheduler.enter(element, claim(since: since, affinity: affinity.map(String.init))))
      while waiting.count > 20 || Bool.random(using: &random) {
        guard let victim = waiting.union(holding).sorted().randomElement(using: &random) else { break }
        leave(victim)
      }
    }
    while let element = holding.first { leave(element) }
    #expect(waiting.isEmpty && scheduler.waitingCount == 0 && scheduler.keptCount == 0)
  }

  @Test func theLinesForgetThoseWhoLeftThem() {
    var scheduler = Scheduler(slots: 1)
    _ = scheduler.enter(-1, claim())
    _ = scheduler.enter(-2, claim(order: 1))
    for element in 0..<20_000 {
      _ = scheduler.enter(element, claim([.pool, .group("\(element)")], order: 2))
      _ = scheduler.leave(element)
    }
    #expect(scheduler.placeCount <= 130 && scheduler.keptCount <= 4)
    #expect(scheduler.leave(-1) == [-2])
  }
}

/// The same rules without any cleverness.
private struct PlainScheduler {
  typealias Scheduler = SchedulerState<Int>

  struct Waiter {
    let element: Int
    let claim: Scheduler.Claim
    let ticket: Int
  }

  var limits: [Scheduler.Cap: Int]
  var waiting: [Waiter] = []
  var holding: [Int: Scheduler.Claim] = [:]
  var isClosed = false
  private var tickets = 0

  init(limits: [Scheduler.Cap: Int]) { self.limits = limits }

  var all: [Int] { waiting.map(\.element) + holding.keys.sorted() }

  mutating func enter(_ element: Int, _ claim: Scheduler.Claim) -> [Int] {
    tickets += 1
    waiting.append(Waiter(element: element, claim: claim, ticket: tickets))
    return settle()
  }

  mutating func leave(_ element: Int) -> [Int] {
    waiting.removeAll { $0.element == element }
    holding[element] = nil
    return settle()
  }

  mutating func settle() -> [Int] {
    var started: [Int] = []
    while let best = waiting.filter({ $0.claim.caps.allSatisfy(hasRoom) }).min(by: {
      ($0.claim.rank, $0.ticket) < ($1.claim.rank, $1.ticket)
    }) {
      waiting.removeAll { $0.element == best.element }
      holding[best.element] = best.claim
      started.append(best.element)
    }
    return started
  }

  private func hasRoom(_ cap: Scheduler.Cap) -> Bool {
    if isClosed, cap == .pool { return false }
    return holding.values.count { $0.caps.contains(cap) } < limits[cap] ?? .max
  }
}
