internal import HeapModule

// Who is started: the best first, as long as there is room.
extension SchedulerState {
  func hasRoom(_ cap: Int) -> Bool {
    guard let state = caps[cap] else { return false }
    return state.used < state.capacity && !(isClosed && state.cap == .pool)
  }

  /// Starts whoever can be, the best first.
  mutating func settle(freed: [Int]) -> [Element] {
    roomy += freed
    guard gatherings == 0 else { return [] }
    var started: [Element] = []
    while true {
      unpark()
      guard let turn = runnable.popMin() else { break }
      guard stands(turn, .runnable) else { continue }
      lines[turn.line]?.turn = nil
      if let element = tryFirst(of: turn.line) { started.append(element) }
    }
    return started
  }

  /// Moves the best line of each cap that has room back to those that may run.
  mutating func unpark() {
    var index = 0
    while index < roomy.count {
      let cap = roomy[index]
      guard hasRoom(cap), let line = popParked(cap) else {
        roomy.swapAt(index, roomy.count - 1)
        roomy.removeLast()
        continue
      }
      lines[line]?.turn = nil
      lines[line]?.state = .runnable
      file(line)
      index += 1
    }
  }

  mutating func popParked(_ cap: Int) -> Int? {
    while let turn = caps[cap]?.parked.popMin() {
      if stands(turn, .parked(cap)) { return turn.line }
    }
    return nil
  }

  func stands(_ turn: Turn, _ state: LineState) -> Bool {
    lines[turn.line]?.turn == turn.ticket && lines[turn.line]?.state == state
  }

  /// Starts the first of a line, or parks the line, or puts the first aside.
  mutating func tryFirst(of line: Int) -> Element? {
    guard let place = firstPlace(of: line), let numbers = lines[line]?.caps else { return nil }
    if let full = numbers.first(where: { !hasRoom($0) }) {
      lines[line]?.state = .parked(full)
      file(line)
      return nil
    }
    _ = lines[line]?.places.popMin()
    lines[line]?.live -= 1
    defer { file(line) }
    if let witness = obstacle(of: place.element, place.rank) {
      waiters[place.element]?.witness = witness
      waiters[place.element]?.isExpected = true
      watchers[witness, default: []].append(place.element)
      return nil
    }
    take(place.element, numbers)
    return place.element
  }

  mutating func take(_ element: Element, _ numbers: [Int]) {
    guard let waiter = waiters.removeValue(forKey: element) else { return }
    lines[waiter.line]?.waiting -= 1
    var slot: Int?
    let affinity = waiter.claim.affinity
    if let pool = capNumbers[.pool], numbers.contains(pool) {
      slot = slots.take(preferring: affinity.flatMap { rows[$0]?.slot })
    }
    for cap in numbers { caps[cap]?.used += 1 }
    holders[element] = Holder(caps: numbers, affinity: affinity, slot: slot)
    if let affinity { rows[affinity, default: Row()].slot = slot }
  }

  /// Who is in the way of an element whose turn it is: of those with a better rank that are expected the last, so that of
  /// many who all exclude each other each watches one; else somebody that holds a place.
  func obstacle(of element: Element, _ rank: Rank) -> Element? {
    guard let others = exclusions[element] else { return nil }
    var holder: Element?
    var last: (rank: Rank, ticket: Int, element: Element)?
    let mine = waiters[element]?.ticket ?? 0
    for other in others {
      if holders[other] != nil {
        holder = other
      } else if let waiter = waiters[other], waiter.isExpected {
        let its = (waiter.claim.rank, waiter.ticket)
        guard its < (rank, mine) else { continue }
        if let known = last, its < (known.rank, known.ticket) { continue }
        last = (its.0, its.1, other)
      }
    }
    return last?.element ?? holder
  }

  /// Back into its line, since who was in the way is gone.
  mutating func standAgain(_ element: Element, behind gone: Element) {
    guard let waiter = waiters[element], waiter.witness == gone else { return }
    waiters[element]?.witness = nil
    lines[waiter.line]?.places.insert(Place(rank: waiter.claim.rank, ticket: waiter.ticket, element: element))
    lines[waiter.line]?.live += 1
    file(waiter.line)
  }

  /// The next of an affinity follows at once in the same slot, before others; but not for ever.
  mutating func goOn(_ affinity: String) -> [Element] {
    rows[affinity]?.length += 1
    guard let cap = capNumbers[.affinity(affinity)], let line = bestLine(of: cap), let place = firstPlace(of: line),
      let numbers = lines[line]?.caps, numbers.allSatisfy(hasRoom), obstacle(of: place.element, place.rank) == nil
    else { return [] }
    if let length = rows[affinity]?.length, length >= SchedulerState.longestRow {
      rows[affinity]?.length = 0
      return []
    }
    _ = lines[line]?.places.popMin()
    lines[line]?.live -= 1
    take(place.element, numbers)
    file(line)
    return [place.element]
  }

  mutating func bestLine(of cap: Int) -> Int? {
    var best: (place: Place, line: Int)?
    for line in caps[cap]?.lines ?? [] {
      guard let place = firstPlace(of: line) else { continue }
      if let known = best, known.place < place { continue }
      best = (place, line)
    }
    return best?.line
  }
}

// MARK: - Lines and caps

extension SchedulerState {
  mutating func lineNumber(_ claimed: [Cap]) -> Int {
    let numbers = claimed.map { capNumber($0) }
    if let known = lineNumbers[numbers] { return known }
    let number = freeLines.popLast() ?? lines.count
    if number == lines.count { lines.append(nil) }
    for cap in numbers { caps[cap]?.lines.insert(number) }
    lines[number] = Line(caps: numbers)
    lineNumbers[numbers] = number
    return number
  }

  mutating func capNumber(_ cap: Cap) -> Int {
    if let known = capNumbers[cap] { return known }
    let number = freeCaps.popLast() ?? caps.count
    if number == caps.count { caps.append(nil) }
    caps[number] = CapState(cap: cap, capacity: limits[cap] ?? cap.usual)
    capNumbers[cap] = number
    return number
  }

  /// The first place of a line whose element still waits there.
  mutating func firstPlace(of line: Int) -> Place? {
    while let place = lines[line]?.places.min {
      if isCurrent(place) { return place }
      _ = lines[line]?.places.popMin()
    }
    return nil
  }

  /// Sees to it that a turn stands for the line where its state says, or that a line in which nobody waits is gone.
  mutating func file(_ line: Int) {
    // No copy of the line is held meanwhile, or each change of its heap would copy that.
    guard let waiting = lines[line]?.waiting else { return }
    if waiting == 0 { return drop(line) }
    // All stand aside: whoever stands again files it.
    guard let place = firstPlace(of: line), lines[line]?.turn != place.ticket else { return }
    lines[line]?.turn = place.ticket
    let turn = Turn(rank: place.rank, ticket: place.ticket, line: line)
    if case .parked(let cap) = lines[line]?.state {
      caps[cap]?.parked.insert(turn)
    } else {
      runnable.insert(turn)
    }
  }

  /// An element in the line has left; its place goes when it comes up, or now if such are the greater part.
  mutating func dropPlace(of line: Int) {
    lines[line]?.live -= 1
    if let kept = placesToKeep(of: line) { lines[line]?.places = Heap(kept) }
    file(line)
  }

  func placesToKeep(of line: Int) -> [Place]? {
    guard let known = lines[line], known.places.count > 64, known.live * 2 < known.places.count else { return nil }
    return known.places.unordered.filter(isCurrent)
  }

  func isCurrent(_ place: Place) -> Bool {
    waiters[place.element].map { $0.ticket == place.ticket && $0.witness == nil } ?? false
  }

  mutating func drop(_ line: Int) {
    guard let numbers = lines[line]?.caps else { return }
    lineNumbers[numbers] = nil
    lines[line] = nil
    freeLines.append(line)
    for cap in numbers {
      caps[cap]?.lines.remove(line)
      dropIfUnused(cap)
    }
  }

  mutating func dropIfUnused(_ cap: Int) {
    guard let state = caps[cap], state.lines.isEmpty, state.used == 0 else { return }
    capNumbers[state.cap] = nil
    caps[cap] = nil
    freeCaps.append(cap)
    if case .affinity(let name) = state.cap { rows[name] = nil }
  }
}
