internal import HeapModule

/// The numbers of a pool's slots, from 1: the lowest free one goes to whoever comes, unless it wants a certain one.
struct SlotNumbers: Sendable {
  private var free = Heap<Int>()
  private var taken: Set<Int> = []
  private var highest = 0

  /// Takes the wanted number if it is free, else the lowest.
  mutating func take(preferring wanted: Int? = nil) -> Int {
    if let wanted, wanted <= highest, taken.insert(wanted).inserted { return wanted }
    // Numbers that were taken out of turn stay in the heap until they come up.
    while let number = free.popMin() {
      if taken.insert(number).inserted { return number }
    }
    highest += 1
    taken.insert(highest)
    return highest
  }

  /// Gives a number back.
  mutating func free(_ number: Int) {
    guard taken.remove(number) != nil else { return }
    free.insert(number)
  }
}
