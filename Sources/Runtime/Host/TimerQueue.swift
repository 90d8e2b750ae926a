internal import HeapModule

/// Deadlines in order of time; those of the same moment in the order in which they were set.
///
/// A cancelled timer stays in the heap until its time: whoever gets it knows by its token that nobody waits any more.
/// When more than half are such leftovers, they are swept out.
struct TimerQueue<Token: Hashable & Sendable> {
  private struct Entry: Comparable {
    let deadline: MonotonicTime
    let order: UInt64
    let token: Token

    static func < (a: Entry, b: Entry) -> Bool { (a.deadline, a.order) < (b.deadline, b.order) }
    static func == (a: Entry, b: Entry) -> Bool { a.order == b.order }
  }

  private var heap = Heap<Entry>()
  private var live: [Token: UInt64] = [:]
  private var count: UInt64 = 0

  /// The next deadline that somebody waits for.
  mutating func next() -> MonotonicTime? {
    while let first = heap.min, live[first.token] != first.order { _ = heap.popMin() }
    return heap.min?.deadline
  }

  /// Sets the timer of a token; an earlier one of the same token no longer counts.
  mutating func set(_ token: Token, at deadline: MonotonicTime) {
    count += 1
    live[token] = count
    heap.insert(Entry(deadline: deadline, order: count, token: token))
    if heap.count > 64, heap.count > 2 * live.count { sweep() }
  }

  /// Whether the token has a deadline that has not come.
  func contains(_ token: Token) -> Bool { live[token] != nil }

  /// Nobody waits for the token any more.
  mutating func cancel(_ token: Token) { live[token] = nil }

  /// The tokens whose time has come, in order.
  mutating func expired(at now: MonotonicTime) -> [Token] {
    var tokens: [Token] = []
    while let first = heap.min, first.deadline <= now {
      _ = heap.popMin()
      guard live[first.token] == first.order else { continue }
      live[first.token] = nil
      tokens.append(first.token)
    }
    return tokens
  }

  private mutating func sweep() {
    heap = Heap(heap.unordered.filter { live[$0.token] == $0.order })
  }
}
