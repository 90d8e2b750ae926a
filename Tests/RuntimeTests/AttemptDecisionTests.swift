import Jobs
import Testing

@testable import Runtime

@Suite struct RetryDecisionTests {
  @Test func thePauseGrowsByTheFactorUpToItsBound() {
    var state = RetryState(retries: 5, delay: .seconds(1), backoff: 3, maxDelay: .seconds(20))
    let pauses = (0..<6).map { _ in state.attemptEnded(mayHelp: true) }
    #expect(
      pauses == [
        .again(after: .seconds(1)), .again(after: .seconds(3)), .again(after: .seconds(9)),
        .again(after: .seconds(20)), .again(after: .seconds(20)), .stop,
      ])
  }

  @Test func aPauseThatGrowsForEverStaysBounded() {
    var state = RetryState(retries: 1000, delay: .milliseconds(1), backoff: 1000)
    for _ in 0..<1000 {
      guard case .again(let pause) = state.attemptEnded(mayHelp: true) else { return #expect(Bool(false)) }
      #expect(pause <= RetryState.longestGrownDelay)
    }
    #expect(state.attemptEnded(mayHelp: true) == .stop)
    var long = RetryState(retries: 1, delay: .seconds(7200))
    #expect(long.attemptEnded(mayHelp: true) == .again(after: .seconds(7200)), "what was asked for is not cut")
  }

  @Test func oneMoreAttemptMayBeAllowedAfterTheLast() {
    var state = RetryState(retries: 0, delay: .zero)
    for _ in 0..<3 {
      #expect(state.attemptEnded(mayHelp: true) == .stop)
      state.allowOneMore()
    }
    #expect(state.maxAttempts == 4)
  }

  @Test func onlyWhatRetryOnNamesIsTriedAgain() {
    var spec = TaskSpec(work: .shell("x"))
    let exit = { JobOutcome.failed(.exitNonzero, error: "e", exitCode: $0) }
    #expect(spec.mayRetry(after: exit(3), hadWork: true))
    #expect(!spec.mayRetry(after: .failed(.spawnFailed, error: "e"), hadWork: false))
    #expect(!spec.mayRetry(after: .completed(), hadWork: true))
    #expect(!spec.mayRetry(after: .cancelled(by: "a", why: "b"), hadWork: true))
    spec.retryOn = [.exitCode(75), .reason(.spawnFailed), .reason(.timeout)]
    #expect(spec.mayRetry(after: exit(75), hadWork: true) && !spec.mayRetry(after: exit(3), hadWork: true))
    #expect(spec.mayRetry(after: .failed(.spawnFailed, error: "e"), hadWork: false))
    #expect(spec.mayRetry(after: .timedOut(error: "e"), hadWork: true))
    #expect(!spec.mayRetry(after: .timedOut(.idleTimeout, error: "e"), hadWork: true))
    #expect(!spec.mayRetry(after: .failed(.gateFailed, error: "e", exitCode: 75), hadWork: true), "the work's own code")
    spec.retryOn = []
    #expect(!spec.mayRetry(after: exit(3), hadWork: true))
  }

  @Test func anAttemptMayFailWithTheReasonsOfFailuresAndTimeouts() {
    let words = Set(RetryCondition.reasons.map(\.rawValue))
    #expect(
      words.isSuperset(of: ["exit_nonzero", "signal", "gate_failed", "timeout", "schema_invalid", "empty_result"]))
    #expect(words.isDisjoint(with: ["ok", "cancelled", "fail_fast", "dependency_failed", "lost", "budget"]))
  }
}

@Suite struct HedgeDecisionTests {
  @Test func theFirstCopyThatEndsWellWinsOnceTheOtherIsGone() {
    for (first, other, end) in [
      (HedgeState.Copy.first, HedgeState.Copy.second, HedgeEnd.lost), (.second, .first, .won),
    ] {
      var state = HedgeState()
      #expect(state.isSlow() == [.startSecond])
      #expect(state.isSlow() == [], "there is a second copy once")
      #expect(state.ended(first, well: true) == [.stop(other)])
      #expect(state.ended(other, well: true) == [.take(first)], "who comes second has lost, however well")
      #expect(state.result == end)
    }
  }

  @Test func whoFailsLeavesTheAttemptToTheOther() {
    var state = HedgeState()
    _ = state.isSlow()
    #expect(state.ended(.first, well: false) == [])
    #expect(state.ended(.second, well: true) == [.take(.second)])
    var both = HedgeState()
    _ = both.isSlow()
    #expect(both.ended(.second, well: false) == [])
    #expect(both.ended(.first, well: false) == [.take(.first)])
    #expect(both.result == .lost)
  }

  @Test func aQuickOrFailedFirstCopyGetsNoSecond() {
    for well in [true, false] {
      var state = HedgeState()
      #expect(state.ended(.first, well: well) == [.take(.first)])
      #expect(state.isSlow() == [] && state.result == nil)
    }
    var alone = HedgeState()
    _ = alone.isSlow()
    alone.secondDidNotStart()
    #expect(alone.ended(.first, well: true) == [.take(.first)] && alone.result == nil)
  }

  @Test func everyOrderOfEventsEndsInOneTaking() {
    var random = SplitMix(seed: 7)
    for _ in 0..<10_000 {
      var state = HedgeState()
      var running: [HedgeState.Copy] = [.first]
      var takings = 0
      while takings == 0 {
        var actions: [HedgeState.Action] = []
        if Int.random(in: 0..<3, using: &random) == 0 {
          actions = state.isSlow()
        } else {
          let copy = running.remove(at: Int.random(in: 0..<running.count, using: &random))
          actions = state.ended(copy, well: Bool.random(using: &random))
        }
        for action in actions {
          switch action {
          case .startSecond: running.append(.second)
          case .stop(let copy): #expect(running == [copy])
          case .take:
            takings += 1
            #expect(running.isEmpty)
          }
        }
      }
      #expect(takings == 1)
    }
  }
}

@Suite struct PromptSimplificationTests {
  @Test func theFirstAttemptGetsTheTasksOwnPromptAndTheOthersASimplerOne() {
    func source(_ attempt: Int, _ previous: String?, _ simplify: PromptSimplification?) -> PromptSimplification.Source {
      PromptSimplification.source(of: attempt, original: "all of it", previous: previous, simplify)
    }
    for attempt in 1...3 { #expect(source(attempt, "all of it", nil) == .given("all of it")) }
    #expect(source(1, nil, .text("part")) == .given("all of it") && source(1, nil, .function) == .given("all of it"))
    #expect(
      source(2, "all of it", .text("part")) == .given("part") && source(3, "part", .text("part")) == .given("part"))
    #expect(source(2, nil, .function) == .function(previous: "all of it"))
    #expect(source(3, "simpler", .function) == .function(previous: "simpler"))
  }
}

@Suite struct AttemptControlTests {
  private func recorder() -> (Mutexed<[String]>, (String) -> AttemptControl.Stop) {
    let log = Mutexed<[String]>([])
    return (
      log, { name in { cause, atOnce in log.change { $0.append("\(name) \(cause)\(atOnce ? " at once" : "")") } } }
    )
  }

  @Test func aStopReachesWhatRunsAndWhatBeginsLater() {
    let control = AttemptControl()
    let (log, stop) = recorder()
    control.begins(AttemptControl.Part(), stop: stop("work"))
    control.begins(AttemptControl.Part(copy: .second), stop: stop("copy"))
    control.ended(AttemptControl.Part(copy: .second))
    #expect(!control.isStopped(.first))
    control.stop(.requestToLeader, atOnce: false)
    control.begins(AttemptControl.Part(isGate: true), stop: stop("gate"))
    control.stop(.request, atOnce: true)
    #expect(control.isStopped(.first) && control.isStopped(.second))
    #expect(Set(log.value.prefix(2)) == ["work requestToLeader", "gate requestToLeader"])
    #expect(Set(log.value.dropFirst(2)) == ["work request at once", "gate request at once"])
  }

  @Test func aLoserIsStoppedAlone() {
    let control = AttemptControl()
    let (log, stop) = recorder()
    control.begins(AttemptControl.Part(), stop: stop("work"))
    control.begins(AttemptControl.Part(copy: .second), stop: stop("copy"))
    control.stop(.first)
    control.begins(AttemptControl.Part(copy: .first, isGate: true), stop: stop("gate"))
    #expect(log.value == ["work request", "gate request"])
    #expect(control.isStopped(.first) && !control.isStopped(.second))
  }
}
