/// The gate before one provider and key, as a pure state machine: who may call now, who waits, why, until when.
///
/// Phases, and who leads from one to the next:
/// - `open`: everybody within the limits may call.
/// - `shut` until a time: a call was turned away (429, 529, a quota). Nobody may call.
/// - `halfOpen`: the time has come (`advance`); the first call that asks becomes the probe.
/// - `probing`: that one call is being made, and nobody else.
/// - `ramping`: the probe was answered. So many calls at once as `room` says; it grows by one with each answer up to half of
///   what ran when the gate shut, then by one with each round of answers, and the gate is `open` at twice of what ran.
/// - `closed` until a time: a key was refused, or there is no money. Everybody is refused; then `halfOpen`.
/// - `parked` until a time: a quota is used up, and the policy says not to wait. Everybody is parked; then `halfOpen`.
///
/// Invariants: nobody is admitted while it is shut, closed or parked; at most one call is the probe; every call that asked is
/// admitted, refused, parked or withdrawn, and one that was turned away goes back to its old place. Calls that were under way
/// when the gate shut do not open it, and do not count as new failures: their epoch is an older one.
///
/// Times are those of a clock that goes on while the machine sleeps, since any moment. `jitter` is a random number from 0 to 1
/// that the caller draws.
public struct GateState: Sendable {
  enum Phase: Hashable, Sendable {
    case open
    case shut(until: Duration, GateWait.Reason)
    case halfOpen
    case probing(UInt64)
    case ramping(room: Double, half: Double, goal: Double)
    case closed(until: Duration, ProviderError)
    case parked(until: Duration, ProviderError)
  }

  struct Running {
    let call: GateCall
    let order: UInt64
    let epoch: Int
    let asked: Duration
    var hasAnswered = false
  }

  struct Waiting {
    let call: GateCall
    let order: UInt64
    let asked: Duration
    var told: GateWait?
  }

  /// How it behaves.
  public let policy: GatePolicy
  var phase = Phase.open
  /// Counts how often the gate shut.
  var epoch = 0
  /// Failures in a row since the last answer.
  var strikes = 0
  var running: [UInt64: Running] = [:]
  var queue: [Waiting] = []
  var meters: [String: GateMeter] = [:]
  private var lastOrder: UInt64 = 0
  /// How many processes share the provider's limits.
  var processes = 1
  /// Whether other processes share this gate, and what of theirs was seen (`GateState+Sharing`).
  var isShared = false
  var seenNews: UInt64 = 0
  var hasNews = false
  /// Whether this process may make the probe.
  var mayProbe = true

  /// An open gate.
  public init(policy: GatePolicy = GatePolicy()) { self.policy = policy }

  /// How many calls are being made.
  public var runningCount: Int { running.count }
  /// How many wait.
  public var waitingCount: Int { queue.count }
  /// True if a call within the limits would be admitted at once.
  public var isOpen: Bool { phase == .open }

  /// A call asks to pass.
  public mutating func ask(_ call: GateCall, now: Duration) -> [GateAction] {
    precondition(running[call.id] == nil && !queue.contains { $0.call.id == call.id }, "call \(call.id) asks twice")
    lastOrder += 1
    insert(Waiting(call: call, order: lastOrder, asked: now))
    return drain(now)
  }

  /// The provider has begun to answer a call: whatever becomes of the answer, it takes calls.
  public mutating func answering(_ id: UInt64, now: Duration) -> [GateAction] {
    noteAnswer(id)
    return drain(now)
  }

  /// A call has ended. One that was turned away waits again, unless its patience is at its end.
  public mutating func ended(_ id: UInt64, _ outcome: GateOutcome, now: Duration, jitter: Double) -> [GateAction] {
    guard let call = running[id] else { preconditionFailure("call \(id) ended, and was not being made") }
    var actions: [GateAction] = []
    switch outcome {
    case .answered(let tokens):
      noteAnswer(id)
      finish(id, taken: tokens)
    case .givenUp: finish(id, taken: nil)
    case .failed(let error) where error.kind.shutsGate:
      finish(id, taken: 0)
      turnAway(call, error, now, jitter, &actions)
    case .failed(let error):
      // It failed by itself: the provider takes calls, though this one came to nothing.
      if error.status != nil || error.hasVisibleOutput { noteAnswer(id) }
      finish(id, taken: error.usage?.total)
    }
    return actions + drain(now)
  }

  /// A call does not want to pass any more; one that is being made ends by `ended`.
  public mutating func withdraw(_ id: UInt64, now: Duration) -> [GateAction] {
    queue.removeAll { $0.call.id == id }
    return drain(now)
  }

  /// Time has passed.
  public mutating func advance(now: Duration) -> [GateAction] { drain(now) }

  /// When `advance` is to be called next; nil if only calls can change something.
  public var nextMoment: Duration? {
    switch phase {
    case .shut(let until, _), .closed(let until, _), .parked(let until, _): queue.isEmpty ? nil : until
    case .open, .ramping, .halfOpen, .probing: queue.compactMap { $0.told?.until }.min()
    }
  }

  private mutating func insert(_ waiting: Waiting) {
    let place = queue.firstIndex {
      $0.call.priority < waiting.call.priority
        || $0.call.priority == waiting.call.priority && $0.order > waiting.order
    }
    queue.insert(waiting, at: place ?? queue.count)
  }

  private mutating func finish(_ id: UInt64, taken: Int?) {
    guard let call = running.removeValue(forKey: id) else { return }
    meters[meterKey(call.call.model)]?.end(id, taken: taken)
    // The probe ended without an answer (nobody wanted it, or it broke): another one has to try.
    if phase == .probing(id) { openHalf() }
  }

  /// Where others share the gate, they have a say in who makes the probe.
  mutating func openHalf() {
    phase = .halfOpen
    mayProbe = !isShared
  }

  private mutating func noteAnswer(_ id: UInt64) {
    guard var call = running[id], !call.hasAnswered, call.epoch == epoch else { return }
    call.hasAnswered = true
    running[id] = call
    strikes = 0
    switch phase {
    case .probing(id):
      startRamp()
      hasNews = true
    case .ramping(let room, let half, let goal):
      let wider = room < half ? room + 1 : room + 1 / room
      phase = wider >= goal ? .open : .ramping(room: wider, half: half, goal: goal)
    default: break
    }
  }

  /// How wide the gate was when it shut, for the way back.
  private var reopening: (half: Double, goal: Double) = (4, 8)

  mutating func startRamp() { phase = .ramping(room: 2, half: reopening.half, goal: reopening.goal) }

  private mutating func turnAway(
    _ call: Running, _ error: ProviderError, _ now: Duration, _ jitter: Double, _ actions: inout [GateAction]
  ) {
    switch error.kind {
    case .rateLimited, .overloaded:
      // It began before the gate shut, and says nothing that is not known by now.
      if call.epoch < epoch, error.retryAfter ?? .zero == .zero, phase != .open { break }
      shut(call, error.kind == .overloaded ? .overloaded : .rateLimited, wait(for: call, error, jitter), now)
    case .quota where policy.quota == .wait: shut(call, .quota, error.retryAfter ?? policy.longestBackoff, now)
    case .quota:
      close(.parked(until: now + (error.retryAfter ?? policy.longestBackoff), error), call)
      actions.append(.park(call.call.id, error))
      return
    default:
      close(.closed(until: now + policy.closure, error), call)
      actions.append(.refuse(call.call.id, error))
      return
    }
    let next = if case .shut(let until, _) = phase { until } else { now }
    guard next - call.asked <= policy.patience || error.kind == .quota else {
      actions.append(.refuse(call.call.id, error))
      return
    }
    insert(Waiting(call: call.call, order: call.order, asked: call.asked))
  }

  /// The provider's own time, never less, and a little more, so that not everybody comes at once; without one a backoff with
  /// full jitter. Failures of calls that began before the gate shut are no new ones.
  private func wait(for call: Running, _ error: ProviderError, _ jitter: Double) -> Duration {
    if let told = error.retryAfter, told > .zero { return told + min(told * 0.1, .seconds(1)) * jitter }
    let power = min(max(call.epoch == epoch ? strikes : strikes - 1, 0), 20)
    return max(min(policy.firstBackoff * (1 << power), policy.longestBackoff) * jitter, .milliseconds(50))
  }

  private mutating func shut(_ call: Running, _ reason: GateWait.Reason, _ wait: Duration, _ now: Duration) {
    let until = now + wait
    switch phase {
    case .shut(let standing, let why) where call.epoch < epoch:
      guard until > standing else { return }
      phase = .shut(until: until, why)
      hasNews = true
    case .closed, .parked: break
    default:
      hasNews = true
      if call.epoch == epoch { strikes += 1 }
      remember(call)
      phase = .shut(until: until, reason)
      epoch += 1
    }
  }

  private mutating func close(_ closed: Phase, _ call: Running) {
    remember(call)
    phase = closed
    epoch += 1
  }

  private mutating func remember(_ call: Running) {
    guard phase == .open || call.epoch == epoch, case let width = Double(running.count + 1), width > 1 else { return }
    reopening = (half: max(2, width / 2), goal: max(8, width * 2))
  }
}
