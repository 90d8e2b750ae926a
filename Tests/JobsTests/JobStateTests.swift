import FoundationEssentials
import Testing

@testable import Jobs

/// A source of numbers that a test can repeat.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  // SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct JobStateTests {
  static let run = RunID.random()

  static func events() -> [JobEvent] {
    [
      .queued, .started(pid: 10, pidStarted: 20), .started(pid: nil, pidStarted: nil), .waiting(nil), .resumed,
      .waiting(WaitCause(reason: "rate_limited", text: "the provider asked for a pause", until: .now())),
      .assigned(agent: "Explore", model: "a/b"), .spent(JobUsage(inputTokens: 10, outputTokens: 2, cost: 0.5)),
      .retrying(.failed(.exitNonzero, error: "it failed")), .progressed(fraction: 0.5, text: "half"),
      .progressed(fraction: .nan, text: nil),
      .ended(.completed(exitCode: 0)), .ended(.failed(.exitNonzero, error: "exit 1", exitCode: 1)),
      .ended(.timedOut(error: "too long")), .ended(.cancelled(by: "user", why: "no")),
      .ended(.skipped(.dependencyFailed, error: "no")), .ended(.lost(error: "gone")),
    ]
  }

  static func job(_ number: Int = 1, isReady: Bool = true) -> JobState {
    let id = JobID(slugOf: "job", run: run, number: number)
    return JobState(submitting: JobRecord(id: id, run: run, kind: .command), isReady: isReady, at: .now())
  }

  @Test func RandomEventsEndAJobExactlyOnceAndNeverMoveItAfter() {
    var generator = SeededGenerator(42)
    for number in 0..<5000 {
      var state = JobStateTests.job(number, isReady: Bool.random(using: &generator))
      var ends = 0
      for _ in 0..<40 {
        guard let event = JobStateTests.events().randomElement(using: &generator) else { continue }
        let before = state
        guard state.allows(event) else { continue }
        #expect(!before.record.status.isTerminal)
        let change = state.apply(event, at: .now())
        #expect(change.record == state.record)
        if state.record.status.isTerminal { ends += 1 }
        #expect((state.record.reason != nil) == state.record.status.isTerminal)
        #expect((state.record.completedAt != nil) == state.record.status.isTerminal)
        #expect(state.record.attempts >= before.record.attempts)
      }
      #expect(ends <= 1)
      if ends == 0 {
        _ = state.apply(.ended(.lost(error: "gone")), at: .now())
        #expect(state.record.status == .lost)
      }
      for event in JobStateTests.events() { #expect(!state.allows(event)) }
    }
  }

  @Test func AJobIsCompletedOnlyOutOfRunning() {
    var state = JobStateTests.job()
    #expect(!state.allows(.ended(.completed())))
    _ = state.apply(.started(pid: 1, pidStarted: 1), at: .now())
    _ = state.apply(.waiting(nil), at: .now())
    #expect(!state.allows(.ended(.completed())))
    _ = state.apply(.resumed, at: .now())
    #expect(state.allows(.ended(.completed())))
    #expect(!state.allows(.ended(.skipped(.dependencyFailed, error: "no"))))
  }

  @Test func DurationsComeFromTheMonotonicClockAlone() {
    var state = JobStateTests.job()
    let start = Moment(wall: Timestamp(milliseconds: 1_000_000), monotonic: 5_000_000_000)
    _ = state.apply(.started(pid: 1, pidStarted: 1), at: start)
    // The wall clock went back by a day.
    let end = Moment(wall: Timestamp(milliseconds: 1_000_000 - 86_400_000), monotonic: 6_500_000_000)
    _ = state.apply(.ended(.completed()), at: end)
    #expect(state.record.durationMs == 1500)
  }

  @Test func EveryEndHasALegalReasonAndEveryReasonAnEnd() {
    let used = JobStatus.allCases.reduce(into: Set<JobReason>()) { $0.formUnion($1.legalReasons) }
    #expect(used == Set(JobReason.allCases))
    for status in JobStatus.allCases { #expect(status.legalReasons.isEmpty == !status.isTerminal) }
  }

  @Test func AnImpossibleEventEndsTheProgramNamingTheStatusAndTheEvent() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var state = JobStateTests.job()
      _ = state.apply(.ended(.cancelled(by: "a test", why: "so")), at: .now())
      _ = state.apply(.started(pid: 1, pidStarted: 1), at: .now())
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("is cancelled and cannot take the event started"))
  }

  @Test func ARecordSurvivesItsJSON() throws {
    var draft = JobRecord(id: try JobID(validating: "all"), run: JobStateTests.run, kind: .model)
    draft.name = "name \"quoted\" \u{1} \u{7F} \u{2028} é 💥"
    draft.labels = ["a": "1", "b": "line\nbreak"]
    draft.dependencies = [try JobID(validating: "one"), try JobID(validating: "two")]
    draft.envNames = ["PATH"]
    var state = JobState(submitting: draft, isReady: true, at: .now())
    _ = state.apply(.started(pid: 12, pidStarted: .max), at: .now())
    _ = state.apply(.progressed(fraction: 0.25, text: "quarter"), at: .now())
    var outcome = JobOutcome.completed(exitCode: 0, data: JSONText(validating: #"{"a":[1,2.5,null,"x"],"b":true}"#))
    outcome.usage = JobUsage(inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cost: 0.125)
    outcome.output = OutputExtent(start: 10, end: 30)
    _ = state.apply(.ended(outcome), at: .now())
    for pretty in [true, false] {
      let decoded = try JSONDecoder().decode(JobRecord.self, from: Data(state.record.json(pretty: pretty).utf8))
      #expect(decoded == state.record)
    }
    let again = try JSONDecoder().decode(JobRecord.self, from: try JSONEncoder().encode(state.record))
    #expect(again == state.record)
    #expect(JSONText(validating: state.record.resultJSON()) != nil)
  }

  @Test func AWaitIsToldAsLongAsItLasts() {
    var state = JobStateTests.job()
    _ = state.apply(.started(pid: nil, pidStarted: nil), at: .now())
    let wait = WaitCause(reason: "rate_limited", text: "anthropic asked for a pause", until: Timestamp(milliseconds: 5))
    #expect(state.apply(.waiting(wait), at: .now()).record.wait == wait)
    #expect(state.record.json(pretty: false).contains("\"wait\":{\"reason\":\"rate_limited\""))
    _ = state.apply(.resumed, at: .now())
    #expect(state.record.wait == nil)
  }

  @Test func WhatWasSpentBeforeTheEndIsKept() {
    var state = JobStateTests.job()
    _ = state.apply(.started(pid: nil, pidStarted: nil), at: .now())
    _ = state.apply(.assigned(agent: "Plan", model: "a/b"), at: .now())
    _ = state.apply(.spent(JobUsage(inputTokens: 10, outputTokens: 2)), at: .now())
    _ = state.apply(.ended(.cancelled(by: "user", why: "no")), at: .now())
    #expect(state.record.usage?.inputTokens == 10)
    #expect(state.record.agent == "Plan" && state.record.model == "a/b")
  }
}
