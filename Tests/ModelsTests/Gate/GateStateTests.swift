import Testing

@testable import Models

@Suite struct GateStateTests {
  private func limited(_ wait: Duration? = nil, _ kind: ProviderError.Kind = .rateLimited) -> ProviderError {
    ProviderError(kind: kind, message: "", status: 429, retryAfter: wait)
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func AFanOutAgainstHalfRefusalsLosesNobody(_ seed: UInt64) {
    var world = GateWorld(seed: seed, refusals: 50, retryAfter: seed % 3 == 0 ? nil : .seconds(Int(seed % 3)))
    for id in 0..<200 as Range<UInt64> { world.ask(GateCall(id: id, model: "m", priority: Int(id % 3))) }
    world.run()
    #expect(world.answered.count == 200 && world.refused.isEmpty && world.violations.isEmpty)
    #expect(world.gates[0].waitingCount == 0 && world.gates[0].runningCount == 0)
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func ManyProcessesShareOneGate(_ seed: UInt64) {
    var world = GateWorld(gates: 4, isShared: true, seed: seed, refusals: 40, retryAfter: .seconds(2))
    for id in 0..<120 as Range<UInt64> { world.ask(GateCall(id: id, model: "m"), at: Int(id % 4)) }
    world.run()
    #expect(world.answered.count == 120 && world.refused.isEmpty)
    #expect(world.violations.isEmpty, "\(world.violations.prefix(3))")
  }

  @Test func WhileItIsShutNobodyIsSentAndOneTriesAfterwards() {
    var gate = GateState()
    for id in 1...5 as ClosedRange<UInt64> {
      #expect(gate.ask(GateCall(id: id, model: "m"), now: .zero).contains(.admit(id)))
    }
    let actions = gate.ended(3, .failed(limited(.seconds(10))), now: .seconds(1), jitter: 0)
    #expect(actions == [.wait(3, GateWait(.rateLimited, until: .seconds(11)))])
    #expect(
      gate.ask(GateCall(id: 6, model: "m"), now: .seconds(2)) == [.wait(6, GateWait(.rateLimited, until: .seconds(11)))]
    )
    #expect(gate.nextMoment == .seconds(11))
    #expect(gate.advance(now: .seconds(10.99)).isEmpty)
    // Calls that were under way do not open it.
    #expect(gate.ended(1, .answered(tokens: nil), now: .seconds(5), jitter: 0).isEmpty && !gate.isOpen)
    #expect(gate.advance(now: .seconds(11)) == [.admit(3), .wait(6, GateWait(.probe))])
    #expect(gate.answering(3, now: .seconds(11.1)) == [.admit(6)])
  }

  @Test func TheWayBackIsGradual() {
    var gate = GateState()
    for id in 0..<64 as Range<UInt64> { _ = gate.ask(GateCall(id: id, model: "m"), now: .zero) }
    var actions: [GateAction] = []
    for id in 0..<64 as Range<UInt64> { actions = gate.ended(id, .failed(limited(.seconds(1))), now: .zero, jitter: 0) }
    var now = Duration.seconds(1)
    var rounds: [Int] = []
    actions = gate.advance(now: now)
    while gate.waitingCount + gate.runningCount > 0, rounds.count < 100 {
      let admitted = actions.compactMap { action in if case .admit(let id) = action { id } else { nil } }
      rounds.append(admitted.count)
      now += .milliseconds(10)
      actions = admitted.flatMap { gate.ended($0, .answered(tokens: nil), now: now, jitter: 0) }
    }
    #expect(rounds.first == 1 && rounds.dropFirst().first == 2)
    #expect(zip(rounds, rounds.dropFirst()).allSatisfy { $1 <= $0 * 2 }, "\(rounds)")
    #expect(rounds.reduce(0, +) == 64)
  }

  @Test func WithoutAWordOnTheWaitItDoublesUpToItsLimit() {
    var gate = GateState()
    _ = gate.ask(GateCall(id: 1, model: "m"), now: .zero)
    var now = Duration.zero
    var waits: [Duration] = []
    for _ in 0..<12 {
      _ = gate.ended(1, .failed(limited()), now: now, jitter: 1)
      guard let until = gate.nextMoment else { break }
      waits.append(until - now)
      now = until
      #expect(gate.advance(now: now) == [.admit(1)])
    }
    #expect(waits.prefix(9) == [0.5, 1, 2, 4, 8, 16, 32, 64, 128].map { Duration.seconds($0) }[...])
    #expect(waits.count == 12 && waits.last == .seconds(128))
    // Full jitter, but never at once.
    _ = gate.ended(1, .failed(limited()), now: now, jitter: 0)
    #expect(gate.nextMoment == now + .milliseconds(50))
  }

  @Test func JitterOnlyAddsToWhatTheProviderAsked() {
    for jitter in [0, 0.5, 1] {
      var gate = GateState()
      _ = gate.ask(GateCall(id: 1, model: "m"), now: .zero)
      _ = gate.ended(1, .failed(limited(.seconds(20))), now: .zero, jitter: jitter)
      #expect(gate.nextMoment == .seconds(20 + jitter))
    }
  }

  @Test func WhoWasTurnedAwayKeepsItsPlace() {
    var gate = GateState(
      policy: {
        var policy = GatePolicy()
        policy.limits.concurrency = 1
        return policy
      }())
    #expect(gate.ask(GateCall(id: 1, model: "m"), now: .zero) == [.admit(1)])
    #expect(gate.ask(GateCall(id: 2, model: "m"), now: .zero) == [.wait(2, GateWait(.concurrency))])
    #expect(gate.ask(GateCall(id: 3, model: "m", priority: 5), now: .zero) == [.wait(3, GateWait(.concurrency))])
    _ = gate.ended(1, .failed(limited(.seconds(1))), now: .zero, jitter: 0)
    #expect(gate.advance(now: .seconds(1)).first == .admit(3))
    #expect(gate.ended(3, .answered(tokens: nil), now: .seconds(2), jitter: 0).first == .admit(1))
    #expect(gate.ended(1, .answered(tokens: nil), now: .seconds(2), jitter: 0) == [.admit(2)])
  }

  @Test func AProbeThatNobodyWantsAnyMoreIsFollowedByAnother() {
    var gate = GateState()
    _ = gate.ask(GateCall(id: 1, model: "m"), now: .zero)
    _ = gate.ask(GateCall(id: 2, model: "m"), now: .zero)
    _ = gate.ended(1, .failed(limited(.seconds(1))), now: .zero, jitter: 0)
    _ = gate.ended(2, .failed(limited(.seconds(1))), now: .zero, jitter: 0)
    #expect(gate.advance(now: .seconds(1)).contains(.admit(1)))
    #expect(gate.ended(1, .givenUp, now: .seconds(2), jitter: 0) == [.admit(2)])
    #expect(gate.ended(2, .failed(ProviderError(kind: .unreachable, message: "")), now: .seconds(3), jitter: 0).isEmpty)
    #expect(gate.runningCount == 0 && gate.waitingCount == 0)
  }

  @Test func NoMoneyAndAWrongKeyRefuseEverybodyAtOnce() {
    for kind in [ProviderError.Kind.billing, .spendLimit, .authentication] {
      var gate = GateState()
      var policy = GatePolicy()
      policy.limits.concurrency = 1
      gate = GateState(policy: policy)
      _ = gate.ask(GateCall(id: 1, model: "m"), now: .zero)
      _ = gate.ask(GateCall(id: 2, model: "m"), now: .zero)
      let error = limited(nil, kind)
      #expect(gate.ended(1, .failed(error), now: .zero, jitter: 0) == [.refuse(1, error), .refuse(2, error)])
      #expect(gate.ask(GateCall(id: 3, model: "m"), now: .seconds(59)) == [.refuse(3, error)])
      #expect(gate.ask(GateCall(id: 4, model: "m"), now: .seconds(60)) == [.admit(4)])
      #expect(gate.ask(GateCall(id: 5, model: "m"), now: .seconds(60)) == [.wait(5, GateWait(.probe))])
    }
  }

  @Test func AQuotaIsWaitedForOrParksAsAsked() {
    let error = limited(.seconds(7200), .quota)
    var gate = GateState()
    _ = gate.ask(GateCall(id: 1, model: "m"), now: .zero)
    #expect(gate.ended(1, .failed(error), now: .zero, jitter: 1) == [.wait(1, GateWait(.quota, until: .seconds(7200)))])
    var policy = GatePolicy()
    policy.quota = .park
    gate = GateState(policy: policy)
    _ = gate.ask(GateCall(id: 1, model: "m"), now: .zero)
    #expect(gate.ended(1, .failed(error), now: .zero, jitter: 1) == [.park(1, error)])
    #expect(gate.ask(GateCall(id: 2, model: "m"), now: .seconds(7199)) == [.park(2, error)])
    #expect(gate.ask(GateCall(id: 3, model: "m"), now: .seconds(7200)) == [.admit(3)])
  }

  @Test func PatienceEnds() {
    var policy = GatePolicy()
    policy.patience = .seconds(30)
    var gate = GateState(policy: policy)
    _ = gate.ask(GateCall(id: 1, model: "m"), now: .zero)
    #expect(gate.ended(1, .failed(limited(.seconds(31))), now: .zero, jitter: 0) == [.refuse(1, limited(.seconds(31)))])
  }

  @Test func NoMinuteHasMoreThanTheLimit() {
    var policy = GatePolicy()
    policy.limits = GateLimits(requestsPerMinute: 20, concurrency: 7)
    policy.models["own"] = GateLimits(concurrency: 2)
    var world = GateWorld(policy, seed: 5, refusals: 0)
    for id in 0..<100 as Range<UInt64> { world.ask(GateCall(id: id, model: id % 10 == 0 ? "own" : "m")) }
    world.run()
    #expect(world.answered.count == 100 && world.most <= 9)
    let counted = world.sent.filter { $0.id % 10 != 0 }.map(\.at)
    for start in counted { #expect(counted.count { $0 >= start && $0 < start + .seconds(60) } <= 20) }
    #expect(world.sent.filter { $0.id % 10 == 0 }.allSatisfy { $0.at < .seconds(1005) })
    #expect(world.told.values.contains { $0.reason == .requests && $0.until != nil })
  }

  @Test func TokensAreCountedAsTheyTurnOut() {
    var policy = GatePolicy()
    policy.limits = GateLimits(tokensPerMinute: 1000)
    var gate = GateState(policy: policy)
    #expect(gate.ask(GateCall(id: 1, model: "m", tokens: 900), now: .zero) == [.admit(1)])
    #expect(
      gate.ask(GateCall(id: 2, model: "m", tokens: 500), now: .zero) == [
        .wait(2, GateWait(.tokens, until: .seconds(60)))
      ])
    #expect(gate.nextMoment == .seconds(60))
    #expect(gate.ended(1, .answered(tokens: 100), now: .seconds(1), jitter: 0) == [.admit(2)])
    // Larger than the limit: alone, but not never.
    #expect(
      gate.ask(GateCall(id: 3, model: "m", tokens: 5000), now: .seconds(2)) == [
        .wait(3, GateWait(.tokens, until: .seconds(61)))
      ])
    #expect(gate.advance(now: .seconds(61)) == [.admit(3)])
  }

  @Test func AWithdrawnCallHoldsNobodyUp() {
    var policy = GatePolicy()
    policy.limits.concurrency = 1
    var gate = GateState(policy: policy)
    for id in 1...3 as ClosedRange<UInt64> { _ = gate.ask(GateCall(id: id, model: "m"), now: .zero) }
    #expect(gate.withdraw(2, now: .zero).isEmpty)
    #expect(gate.ended(1, .givenUp, now: .zero, jitter: 0) == [.admit(3)])
  }
}
