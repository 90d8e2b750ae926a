/// Who holds a slot of the pool and who waits for one, as a pure state machine.
///
/// Invariants:
/// - At most `capacity` elements hold a slot.
/// - Somebody waits only while every slot is held, or the pool gives none out.
/// - Slots are given in the order in which they were asked for; an element that leaves the line changes no one else's place.
/// - The line's memory is bounded by the number of those who wait, not of those who ever did.
struct PoolState<Element: Hashable & Sendable>: Sendable {
  private struct Place {
    let ticket: Int
    // Nil once the element has left: the place stays until the line is tidied.
    var element: Element?
  }

  /// How many slots there are.
  let capacity: Int
  /// Who holds a slot.
  private(set) var holders: Set<Element> = []
  /// Whether no slot is given out for now, though one may be free.
  private(set) var isClosed = false
  private var line: [Place] = []
  private var head = 0
  private var tickets: [Element: Int] = [:]
  private var nextTicket = 0

  /// A pool whose slots are all free. `capacity` must be at least 1.
  init(capacity: Int) {
    precondition(capacity >= 1, "a pool of \(capacity) slots would never run anything")
    self.capacity = capacity
  }

  /// How many wait.
  var waitingCount: Int { tickets.count }

  /// How many places the line holds, those of elements that have left included.
  var lineLength: Int { line.count }

  /// Whether the element holds a slot or waits for one.
  func contains(_ element: Element) -> Bool { holders.contains(element) || tickets[element] != nil }

  /// Asks for a slot. True: the element holds one now. False: it waits, and a later `leave` of somebody returns it.
  mutating func enter(_ element: Element) -> Bool {
    precondition(!contains(element), "\(element) asks for a second slot")
    guard isClosed || holders.count >= capacity else {
      holders.insert(element)
      return true
    }
    tickets[element] = nextTicket
    line.append(Place(ticket: nextTicket, element: element))
    nextTicket += 1
    return false
  }

  /// Gives a slot back, or leaves the line, and returns who holds a slot since then, if anybody new does.
  ///
  /// An element that is in neither place is none of the pool's, and nothing happens: a cancel may come at any time.
  mutating func leave(_ element: Element) -> Element? {
    if let ticket = tickets.removeValue(forKey: element) {
      line[index(of: ticket)].element = nil
      tidy()
      return nil
    }
    guard holders.remove(element) != nil, !isClosed else { return nil }
    return next()
  }

  /// Gives out no slot until `open`.
  mutating func close() { isClosed = true }

  /// Gives out slots again, and returns who holds one since then.
  mutating func open() -> [Element] {
    isClosed = false
    var started: [Element] = []
    while holders.count < capacity, let element = next() { started.append(element) }
    return started
  }

  private mutating func next() -> Element? {
    while head < line.count {
      let next = line[head].element
      head += 1
      guard let next else { continue }
      tickets[next] = nil
      holders.insert(next)
      tidy()
      return next
    }
    tidy()
    return nil
  }

  private func index(of ticket: Int) -> Int {
    var low = head
    var high = line.count - 1
    while low < high {
      let middle = (low + high) / 2
      if line[middle].ticket < ticket { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Drops passed and empty places once they are the greater part, so that each of them costs a constant time.
  private mutating func tidy() {
    guard line.count > 64, tickets.count * 2 < line.count else { return }
    line = line[head...].filter { $0.element != nil }
    head = 0
  }
}
