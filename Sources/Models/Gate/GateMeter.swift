/// Calls at once and within the last minute, against limits. The minute slides: in no sixty seconds, wherever they begin, are
/// there more calls than the limit says.
struct GateMeter: Sendable {
  private struct Entry {
    let id: UInt64
    let at: Duration
    var tokens: Int
  }

  var limits: GateLimits
  private(set) var running = 0
  private var entries: [Entry] = []
  private var first = 0
  private var tokens = 0
  private static let minute = Duration.seconds(60)

  init(limits: GateLimits) { self.limits = limits }

  private var countsMinutes: Bool { limits.requestsPerMinute != nil || limits.tokensPerMinute != nil }

  /// What keeps a call of so many tokens from beginning now; nil if nothing does.
  mutating func obstacle(tokens needed: Int, now: Duration) -> GateWait? {
    if let limit = limits.concurrency, running >= limit { return GateWait(.concurrency) }
    guard countsMinutes else { return nil }
    forget(now)
    if let limit = limits.requestsPerMinute, entries.count - first >= limit {
      return GateWait(.requests, until: entries[entries.count - max(limit, 1)].at + GateMeter.minute)
    }
    if let limit = limits.tokensPerMinute, tokens + needed > limit, first < entries.count {
      // A call that is larger than the limit goes alone.
      var left = tokens
      var place = first
      while place < entries.count - 1, left - entries[place].tokens + needed > limit {
        left -= entries[place].tokens
        place += 1
      }
      return GateWait(.tokens, until: entries[place].at + GateMeter.minute)
    }
    return nil
  }

  mutating func begin(_ call: GateCall, now: Duration) {
    running += 1
    guard countsMinutes else { return }
    entries.append(Entry(id: call.id, at: now, tokens: call.tokens))
    tokens += call.tokens
  }

  /// `taken` corrects the estimate that the call began with.
  mutating func end(_ id: UInt64, taken: Int?) {
    running -= 1
    guard let taken, let place = entries[first...].lastIndex(where: { $0.id == id }) else { return }
    tokens += taken - entries[place].tokens
    entries[place].tokens = taken
  }

  private mutating func forget(_ now: Duration) {
    while first < entries.count, entries[first].at + GateMeter.minute <= now {
      tokens -= entries[first].tokens
      first += 1
    }
    if first > 64, first * 2 > entries.count {
      entries.removeFirst(first)
      first = 0
    }
  }
}
