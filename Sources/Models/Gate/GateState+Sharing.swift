/// One gate for all processes of a user: each has a `GateState`, and they agree through a `SharedGate`.
///
/// Who runs a gate exchanges before each `ask`, whenever `needsExchange` is true, and every few seconds while calls run or wait.
/// Then a gate that one process found shut is shut for all, one of all makes the probe, and each keeps within its share of the
/// limits. A call that one process admits in the moment in which another is turned away is sent: nobody can know better.
extension GateState {
  /// True if the others should hear of something, or have to be asked.
  public var needsExchange: Bool { isShared && (hasNews || phase == .halfOpen && !mayProbe && !queue.isEmpty) }

  /// Takes in what the others know, and tells them what they do not. `member` names this process, unlike all others.
  public mutating func exchange(with shared: inout SharedGate, member: UInt64, now: Duration) -> [GateAction] {
    isShared = true
    meetMembers(&shared, member, now)
    if shared.news != seenNews { adopt(shared, now) }
    publish(&shared, member)
    claimProbe(&shared, member, now)
    seenNews = shared.news
    hasNews = false
    return drain(now)
  }

  private mutating func meetMembers(_ shared: inout SharedGate, _ member: UInt64, _ now: Duration) {
    shared.members = shared.members.filter { $0.value <= now && now - $0.value < SharedGate.silence }
    shared.members[member] = running.isEmpty && queue.isEmpty ? nil : now
    // A time far ahead is one of another boot.
    if let until = shared.shutUntil, until - now > .seconds(35 * 86_400) { shared.shutUntil = nil }
    let count = max(shared.members.count, 1)
    guard count != processes else { return }
    processes = count
    for key in meters.keys { meters[key]?.limits = (policy.models[key] ?? policy.limits).share(of: count) }
  }

  private mutating func adopt(_ shared: SharedGate, _ now: Duration) {
    switch phase {
    case .closed, .parked: return
    default: break
    }
    guard let until = shared.shutUntil else {
      // Somebody was answered.
      switch phase {
      case .shut(let mine, _) where mine > now: return
      case .shut, .halfOpen:
        strikes = 0
        startRamp()
      default: break
      }
      return
    }
    if case .shut(let mine, _) = phase, mine >= until { return }
    if until <= now {
      // What is known by now is younger: an answer, or a probe that is under way.
      if isNewer { return }
      if case .probing = phase { return }
    }
    strikes = max(strikes, shared.strikes)
    epoch += 1
    phase = .shut(until: until, shared.reason)
  }

  /// True while this process has an answer to tell of, which is younger than what the others know.
  private var isNewer: Bool { if case .ramping = phase { hasNews } else { false } }

  private mutating func publish(_ shared: inout SharedGate, _ member: UInt64) {
    guard hasNews else { return }
    switch phase {
    case .shut(let until, let reason) where until > shared.shutUntil ?? .zero:
      shared.shutUntil = until
      shared.reason = reason
      shared.strikes = max(shared.strikes, strikes)
    case .ramping, .open:
      guard shared.shutUntil != nil else { return }
      shared.shutUntil = nil
      shared.strikes = 0
    default: return
    }
    if shared.probe?.member == member { shared.probe = nil }
    shared.news += 1
  }

  private mutating func claimProbe(_ shared: inout SharedGate, _ member: UInt64, _ now: Duration) {
    let isMine = shared.probe?.member == member
    switch phase {
    case .halfOpen where queue.isEmpty, .open, .ramping, .shut, .closed, .parked:
      if isMine { shared.probe = nil }
    case .probing: shared.probe = SharedGate.Probe(member: member, until: now + SharedGate.silence)
    case .halfOpen:
      mayProbe = isMine || (shared.probe?.until ?? .zero) <= now
      if mayProbe { shared.probe = SharedGate.Probe(member: member, until: now + SharedGate.silence) }
    }
    if case .shut(let until, _) = phase, until <= now, !queue.isEmpty {
      openHalf()
      claimProbe(&shared, member, now)
    }
  }
}
