@testable import Models

/// A provider that answers or turns away, and a clock, around one or more gates: what a fan-out sees, without time passing.
struct GateWorld {
  struct Flight {
    let id: UInt64
    let gate: Int
    let ends: Duration
    let error: ProviderError?
  }

  var gates: [GateState]
  var shared: SharedGate?
  var now = Duration.seconds(1000)
  var flights: [Flight] = []
  var numbers: SeededNumbers
  /// Of a hundred calls, how many are turned away.
  var refusals: Int
  /// What the provider tells of the wait; nil for nothing.
  var retryAfter: Duration?
  /// No call may be sent before this moment.
  var forbiddenUntil = Duration.zero
  var answered: Set<UInt64> = []
  var refused: [UInt64: ProviderError] = [:]
  var parked: Set<UInt64> = []
  var violations: [String] = []
  var most = 0
  var sent: [(at: Duration, id: UInt64)] = []
  var told: [UInt64: GateWait] = [:]

  init(
    _ policy: GatePolicy = GatePolicy(), gates count: Int = 1, isShared: Bool = false, seed: UInt64, refusals: Int,
    retryAfter: Duration? = nil
  ) {
    gates = (0..<count).map { _ in GateState(policy: policy) }
    shared = isShared ? SharedGate() : nil
    numbers = SeededNumbers(seed)
    self.refusals = refusals
    self.retryAfter = retryAfter
  }

  mutating func ask(_ call: GateCall, at gate: Int = 0) {
    exchange(gate)
    take(gates[gate].ask(call, now: now), gate)
    if gates[gate].needsExchange { exchange(gate) }
  }

  private mutating func exchange(_ gate: Int) {
    guard var file = shared.map({ SharedGate(bytes: $0.bytes) }) else { return }
    let actions = gates[gate].exchange(with: &file, member: UInt64(gate + 1), now: now)
    shared = file
    take(actions, gate)
  }

  private mutating func take(_ actions: [GateAction], _ gate: Int) {
    for action in actions {
      switch action {
      case .admit(let id):
        if now < forbiddenUntil { violations.append("call \(id) was sent while the gate had to be shut") }
        sent.append((now, id))
        let ends = now + .milliseconds(Int.random(in: 5...400, using: &numbers))
        flights.append(Flight(id: id, gate: gate, ends: ends, error: nil))
        most = max(most, flights.count)
      case .wait(let id, let wait): told[id] = wait
      case .refuse(let id, let error): refused[id] = error
      case .park(let id, _): parked.insert(id)
      }
    }
  }

  /// Lets time pass until nothing more happens, or `limit` is reached.
  mutating func run(for limit: Duration = .seconds(100_000)) {
    let end = now + limit
    while now < end {
      let landing = flights.map(\.ends).min()
      let moments = gates.compactMap(\.nextMoment) + (landing.map { [$0] } ?? [])
      // Shared gates look into the file now and then while somebody waits.
      let polls = shared != nil && gates.contains { $0.waitingCount > 0 } ? [now + .seconds(1)] : []
      guard let next = (moments + polls).min() else { return }
      now = max(now, next)
      land()
      for gate in gates.indices {
        take(gates[gate].advance(now: now), gate)
        exchange(gate)
      }
    }
  }

  private mutating func land() {
    for flight in flights where flight.ends <= now {
      flights.removeAll { $0.id == flight.id }
      if Int.random(in: 0..<100, using: &numbers) < refusals {
        let error = ProviderError(kind: .rateLimited, message: "", status: 429, retryAfter: retryAfter)
        if let retryAfter { forbiddenUntil = max(forbiddenUntil, now + retryAfter) }
        end(flight, .failed(error))
      } else {
        answered.insert(flight.id)
        end(flight, .answered(tokens: nil))
      }
    }
  }

  private mutating func end(_ flight: Flight, _ outcome: GateOutcome) {
    let jitter = Double.random(in: 0...1, using: &numbers)
    let actions = gates[flight.gate].ended(flight.id, outcome, now: now, jitter: jitter)
    // The others are told before anybody goes on.
    if gates[flight.gate].needsExchange { exchange(flight.gate) }
    take(actions, flight.gate)
    for gate in gates.indices where shared != nil { exchange(gate) }
  }
}
