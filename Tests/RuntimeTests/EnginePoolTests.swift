import Testing

@testable import Runtime

@Suite struct EnginePoolTests {
  @Test func slotsAreGivenInTheOrderInWhichTheyWereAskedFor() {
    var pool = PoolState<Int>(capacity: 2)
    #expect(pool.enter(1) == true)
    #expect(pool.enter(2) == true)
    #expect(pool.enter(3) == false)
    #expect(pool.enter(4) == false)
    #expect(pool.enter(5) == false)
    #expect(pool.leave(4) == nil, "one that waits holds no slot to pass on")
    #expect(pool.leave(1) == 3)
    #expect(pool.leave(2) == 5)
    #expect(pool.leave(3) == nil)
    #expect(pool.holders == [5])
    #expect(pool.leave(99) == nil, "a stranger changes nothing")
    #expect(pool.holders == [5])
  }

  /// A model of two plain arrays beside the real thing, through random entries, ends and cancels.
  @Test(arguments: 0..<40) func noSlotIsLostUnderRandomCancels(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let capacity = Int.random(in: 1...12, using: &random)
    var pool = PoolState<Int>(capacity: capacity)
    var holders: [Int] = []
    var line: [Int] = []
    var next = 0
    for _ in 0..<3_000 {
      if Int.random(in: 0..<100, using: &random) < 52 {
        let admitted = pool.enter(next)
        #expect(admitted == (holders.count < capacity))
        if admitted { holders.append(next) } else { line.append(next) }
        next += 1
      } else if let victim = (holders + line).randomElement(using: &random) {
        var expected: Int?
        if let place = line.firstIndex(of: victim) {
          line.remove(at: place)
        } else {
          holders.removeAll { $0 == victim }
          if !line.isEmpty {
            let first = line.removeFirst()
            holders.append(first)
            expected = first
          }
        }
        #expect(pool.leave(victim) == expected)
      }
      #expect(pool.holders == Set(holders))
      #expect(pool.waitingCount == line.count)
      #expect(line.isEmpty || holders.count == capacity, "nobody waits while a slot is free")
    }
    while let holder = pool.holders.first { _ = pool.leave(holder) }
    #expect(pool.waitingCount == 0)
    #expect(pool.holders.isEmpty)
  }

  @Test func theLineForgetsThoseWhoLeftIt() {
    var pool = PoolState<Int>(capacity: 1)
    _ = pool.enter(-1)
    _ = pool.enter(-2)
    for element in 0..<100_000 {
      _ = pool.enter(element)
      _ = pool.leave(element)
    }
    #expect(pool.lineLength <= 65)
    #expect(pool.leave(-1) == -2)
  }
}

@Suite struct EngineRetryTests {
  @Test func thereAreAsManyAttemptsAsRetriesPlusOne() {
    var state = RetryState(retries: 2, delay: .seconds(3))
    #expect(state.attemptEnded(mayHelp: true) == .again(after: .seconds(3)))
    #expect(state.attemptEnded(mayHelp: true) == .again(after: .seconds(3)))
    #expect(state.attemptEnded(mayHelp: true) == .stop)
    #expect(state.ended == 3)
  }

  @Test func whatCannotHelpIsNotTriedAgain() {
    var state = RetryState(retries: 5, delay: .seconds(3))
    #expect(state.attemptEnded(mayHelp: false) == .stop)
    var none = RetryState(retries: -1, delay: .seconds(-3))
    #expect(none.maxAttempts == 1)
    #expect(none.attemptEnded(mayHelp: true) == .stop)
  }
}

@Suite struct EngineKillSequenceTests {
  @Test func itIsTermThenGraceThenKill() {
    var kill = KillSequence(grace: .seconds(5))
    #expect(!kill.isUnderWay)
    #expect(kill.ask() == [.terminate, .wait(.seconds(5))])
    #expect(kill.isUnderWay)
    #expect(kill.graceOver() == [.kill])
    #expect(kill.graceOver() == [])
  }

  @Test func askingTwiceIsAskingOnce() {
    var kill = KillSequence(grace: .seconds(5))
    _ = kill.ask()
    #expect(kill.ask() == [])
    #expect(kill.askAtOnce() == [.kill])
    #expect(kill.askAtOnce() == [])
  }

  @Test func nothingIsSentToAProcessThatHasEnded() {
    for asked in [false, true] {
      var kill = KillSequence(grace: .seconds(5))
      if asked { _ = kill.ask() }
      kill.ended()
      #expect(kill.ask() == [])
      #expect(kill.askAtOnce() == [])
      #expect(kill.graceOver() == [])
    }
  }
}
