import Testing

@testable import Runtime

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
