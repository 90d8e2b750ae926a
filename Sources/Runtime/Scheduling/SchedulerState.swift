internal import HeapModule

/// Who may run and who waits for room, as a pure state machine.
///
/// Terms: an *element* wants to run and makes a *claim*: the caps it counts against, its rank, and its affinity. It *holds*
/// a place from when it is started until it leaves. Elements whose claims name the same caps stand in one *line*.
///
/// Invariants:
/// - No cap is ever exceeded by a start (a cap that is lowered below what is held waits until enough have left).
/// - Of two elements that exclude each other at most one holds a place.
/// - Somebody waits only while one of its caps is full or closed, or while somebody that it excludes holds a place or waits
///   with a better rank. So the best of all that could start is started, and nothing starves.
/// - An element that leaves gives back all that it held, whether it held a place or waited; a stranger changes nothing.
/// - A start costs O(log n), however many lines there are; exclusions cost their number besides.
struct SchedulerState<Element: Hashable & Sendable>: Sendable {
  /// Something of which there is only so much.
  enum Cap: Hashable, Sendable {
    /// The slots of the run.
    case pool
    /// The jobs of one agent in the run.
    case agent(String)
    /// The tasks of one group that run at once.
    case group(String)
    /// The tasks of one group for one agent.
    case groupAgent(String, String)
    /// Tasks that run one after the other, in one place.
    case affinity(String)
    /// Tasks that all write the same files.
    case crowd(String)

    /// What it is as long as nobody sets it.
    var usual: Int {
      switch self {
      case .affinity, .crowd: 1
      default: .max
      }
    }
  }

  /// What an element wants.
  struct Claim: Sendable {
    var caps: [Cap]
    var rank: Rank
    /// Its successors get its slot, before others, see `longestRow`.
    var affinity: String?
  }

  /// How many of one affinity may follow each other while somebody of a better rank waits.
  static var longestRow: Int { 8 }

  struct Place: Comparable, Sendable {
    let rank: Rank
    let ticket: Int
    let element: Element

    static func < (left: Place, right: Place) -> Bool {
      left.rank == right.rank ? left.ticket < right.ticket : left.rank < right.rank
    }
    static func == (left: Place, right: Place) -> Bool { left.ticket == right.ticket }
  }

  /// A line's turn, as far as its first place goes; stale once that has changed.
  struct Turn: Comparable, Sendable {
    let rank: Rank
    let ticket: Int
    let line: Int

    static func < (left: Turn, right: Turn) -> Bool {
      left.rank == right.rank ? left.ticket < right.ticket : left.rank < right.rank
    }
  }

  enum LineState: Equatable, Sendable { case runnable, parked(Int) }

  struct Line: Sendable {
    let caps: [Int]
    var places = Heap<Place>()
    /// Places of elements that have left stay in the heap until they come up, or are the greater part.
    var live = 0
    /// How many wait in it, those included that stand aside.
    var waiting = 0
    var state = LineState.runnable
    /// The ticket of the turn that stands for the line where its state says; nil if none does.
    var turn: Int?
  }

  struct CapState: Sendable {
    let cap: Cap
    var capacity: Int
    var used = 0
    /// The lines that name it.
    var lines: Set<Int> = []
    var parked = Heap<Turn>()
  }

  struct Waiter: Sendable {
    let line: Int
    let ticket: Int
    let claim: Claim
    /// Its turn came, and this one, which it excludes, is in the way: it stands aside until that is gone.
    var witness: Element?
    /// Once it had to stand aside, those that it excludes and that rank behind it wait for it.
    var isExpected = false
  }

  struct Holder: Sendable {
    let caps: [Int]
    let affinity: String?
    let slot: Int?
  }

  struct Row: Sendable {
    var slot: Int?
    var length = 0
  }

  var caps: [CapState?] = []
  var freeCaps: [Int] = []
  var capNumbers: [Cap: Int] = [:]
  var limits: [Cap: Int] = [:]
  var lines: [Line?] = []
  var freeLines: [Int] = []
  var lineNumbers: [[Int]: Int] = [:]
  var runnable = Heap<Turn>()
  /// Caps that may have room for a line that is parked there.
  var roomy: [Int] = []
  var waiters: [Element: Waiter] = [:]
  var holders: [Element: Holder] = [:]
  var exclusions: [Element: Set<Element>] = [:]
  /// Who looks again once this one is gone.
  var watchers: [Element: [Element]] = [:]
  var rows: [String: Row] = [:]
  var slots = SlotNumbers()
  /// Who holds a second slot of the pool.
  var spares: Set<Element> = []
  var tickets = 0
  /// How often `gather` was called without its `release`.
  var gatherings = 0
  /// Whether the pool starts nothing for now.
  private(set) var isClosed = false

  /// A scheduler whose pool has so many slots, at least 1.
  init(slots: Int) {
    precondition(slots >= 1, "a pool of \(slots) slots would never run anything")
    limits[.pool] = slots
  }

  // MARK: Looking

  /// How many wait.
  var waitingCount: Int { waiters.count }

  /// How many hold a place.
  var holderCount: Int { holders.count }

  /// Who holds a place.
  var activeElements: Set<Element> { Set(holders.keys) }

  func isActive(_ element: Element) -> Bool { holders[element] != nil }
  func isWaiting(_ element: Element) -> Bool { waiters[element] != nil }

  /// How many count against a cap now.
  func used(_ cap: Cap) -> Int { capNumbers[cap].flatMap { caps[$0]?.used } ?? 0 }

  /// What a cap is; nil for none.
  func limit(_ cap: Cap) -> Int? { limits[cap] }

  /// The number from 1 of the slot that a holder has, if its claim names the pool.
  func slot(of element: Element) -> Int? { holders[element]?.slot }

  /// How many places the lines hold, those of elements that have left included; for tests of memory.
  var placeCount: Int { lines.reduce(0) { $0 + ($1?.places.count ?? 0) } }

  /// How many lines and caps are kept; for tests of memory.
  var keptCount: Int { lineNumbers.count + capNumbers.count }

  // MARK: Changing

  /// Sets what a cap is, or that there is none, and returns who is started by that.
  mutating func setLimit(_ cap: Cap, _ limit: Int?) -> [Element] {
    limits[cap] = limit
    guard let number = capNumbers[cap] else { return [] }
    caps[number]?.capacity = limit ?? cap.usual
    return hasRoom(number) ? settle(freed: [number]) : []
  }

  /// Starts nobody until `release`, so that the best of many that come together goes first. May be nested.
  mutating func gather() { gatherings += 1 }

  /// Ends the last `gather`, and returns who is started.
  mutating func release() -> [Element] {
    precondition(gatherings > 0, "released more often than gathered")
    gatherings -= 1
    return settle(freed: [])
  }

  /// Starts nothing that needs a slot of the pool, until `open`.
  mutating func close() { isClosed = true }

  /// Starts again, and returns who.
  mutating func open() -> [Element] {
    isClosed = false
    return capNumbers[.pool].map { settle(freed: [$0]) } ?? []
  }

  /// From now on at most one of the two holds a place. Neither may hold one already with the other.
  mutating func exclude(_ one: Element, _ other: Element) {
    precondition(one != other, "\(one) excludes itself")
    exclusions[one, default: []].insert(other)
    exclusions[other, default: []].insert(one)
  }

  /// Asks for a place. Returns who is started: the element itself, or nobody.
  mutating func enter(_ element: Element, _ claim: Claim) -> [Element] {
    precondition(waiters[element] == nil && holders[element] == nil, "\(element) asks for a second place")
    tickets += 1
    let line = lineNumber(claim.caps)
    waiters[element] = Waiter(line: line, ticket: tickets, claim: claim)
    lines[line]?.places.insert(Place(rank: claim.rank, ticket: tickets, element: element))
    lines[line]?.live += 1
    lines[line]?.waiting += 1
    file(line)
    return settle(freed: [])
  }

  /// Gives a place back, or leaves the line, and returns who is started by that.
  mutating func leave(_ element: Element) -> [Element] {
    var freed: [Int] = []
    var started: [Element] = []
    if let waiter = waiters.removeValue(forKey: element) {
      lines[waiter.line]?.waiting -= 1
      if waiter.witness == nil { dropPlace(of: waiter.line) } else { file(waiter.line) }
    } else if let holder = holders.removeValue(forKey: element) {
      if let slot = holder.slot { slots.free(slot) }
      for cap in holder.caps {
        caps[cap]?.used -= 1
        freed.append(cap)
      }
      if let affinity = holder.affinity { started = goOn(affinity) }
    } else {
      return []
    }
    for watcher in watchers.removeValue(forKey: element) ?? [] { standAgain(watcher, behind: element) }
    started += settle(freed: freed)
    for cap in freed { dropIfUnused(cap) }
    return started
  }

  /// Gives back the slot of the pool that an element holds, and nothing else, and returns who is started by that.
  mutating func passOnSlot(_ element: Element) -> [Element] {
    guard let holder = holders[element], let pool = capNumbers[.pool], holder.caps.contains(pool) else { return [] }
    if let slot = holder.slot { slots.free(slot) }
    holders[element] = Holder(caps: holder.caps.filter { $0 != pool }, affinity: holder.affinity, slot: nil)
    caps[pool]?.used -= 1
    return settle(freed: [pool])
  }

  /// A second slot of the pool for an element that holds one, if one is free and nobody waits for it. At most one each.
  mutating func takeSpare(_ element: Element) -> Bool {
    guard holders[element] != nil, let pool = capNumbers[.pool], hasRoom(pool), !spares.contains(element) else {
      return false
    }
    spares.insert(element)
    caps[pool]?.used += 1
    return true
  }

  /// Gives the second slot back, and returns who is started by that.
  mutating func returnSpare(_ element: Element) -> [Element] {
    guard spares.remove(element) != nil, let pool = capNumbers[.pool] else { return [] }
    caps[pool]?.used -= 1
    defer { dropIfUnused(pool) }
    return settle(freed: [pool])
  }

  /// Forgets what an element that never comes back excludes.
  mutating func forget(_ element: Element) {
    for other in exclusions.removeValue(forKey: element) ?? [] {
      exclusions[other]?.remove(element)
      if exclusions[other]?.isEmpty == true { exclusions[other] = nil }
    }
  }
}
