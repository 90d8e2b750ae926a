import Testing

@testable import Models

@Suite struct AttemptLadderTests {
  private func model(_ name: String, window: Int? = nil, provider: String = "p") -> RoutedModel {
    RoutedModel(name: ModelName(provider: provider, model: name), tier: .fast, window: window)
  }

  private func error(_ kind: ProviderError.Kind, visible: Bool = false, after: Duration? = nil) -> ProviderError {
    ProviderError(kind: kind, message: "", retryAfter: after, hasVisibleOutput: visible)
  }

  @Test func TheRungsComeInTheirOrder() {
    let up = model("up")
    var ladder = AttemptLadder(
      model: model("a"), fallbacks: [model("b")], retries: 2, canSimplify: true, escalation: up)
    let failure = error(.server)
    #expect(ladder.failed(failure, jitter: 1) == .again(after: .milliseconds(500)))
    #expect(ladder.failed(failure, jitter: 1) == .again(after: .seconds(1)))
    #expect(ladder.failed(failure, jitter: 0.5) == .simplified(after: .seconds(1)))
    #expect(ladder.failed(failure, jitter: 1) == .fallback(model("b"), anew: false))
    #expect(ladder.failed(failure, jitter: 1) == .again(after: .milliseconds(500)))
    #expect(ladder.failed(failure, jitter: 0) == .again(after: .zero))
    #expect(ladder.failed(failure, jitter: 1) == .escalated(up))
    for _ in 0..<2 { _ = ladder.failed(failure, jitter: 1) }
    #expect(ladder.failed(failure, jitter: 1) == .handBack(failure))
    #expect(ladder.failures.map(\.model.model) == ["a", "a", "a", "a", "b", "b", "b", "up", "up", "up"])
  }

  @Test func WithoutLeaveNothingMovesUp() {
    var ladder = AttemptLadder(model: model("a"), fallbacks: [], retries: 5)
    for _ in 0..<5 { _ = ladder.failed(error(.timeout), jitter: 0) }
    #expect(ladder.failed(error(.timeout), jitter: 0) == .handBack(error(.timeout)))
  }

  @Test func BeforeThreeFailuresNothingMovesUp() {
    var ladder = AttemptLadder(model: model("a"), fallbacks: [], retries: 0, escalation: model("up"))
    #expect(ladder.failed(error(.refusal), jitter: 0) == .handBack(error(.refusal)))
  }

  @Test func InTheMiddleOfAnAnswerTheTaskBeginsAnew() {
    var ladder = AttemptLadder(model: model("a"), fallbacks: [model("b")], retries: 0)
    #expect(ladder.failed(error(.truncated, visible: true), jitter: 0) == .fallback(model("b"), anew: true))
  }

  @Test func WhatNobodyCanDoGoesBackAtOnce() {
    var ladder = AttemptLadder(model: model("a"), fallbacks: [model("b")])
    #expect(ladder.failed(error(.badRequest), jitter: 0) == .handBack(error(.badRequest)))
  }

  @Test func TooLongNeedsALargerWindowAndAWrongKeyAnotherProvider() {
    let fallbacks = [model("same", window: 100), model("large", window: 200), model("other", provider: "q")]
    var ladder = AttemptLadder(model: model("a", window: 100), fallbacks: fallbacks)
    #expect(ladder.failed(error(.contextTooLong), jitter: 0) == .fallback(fallbacks[1], anew: false))
    ladder = AttemptLadder(model: model("a", window: 100), fallbacks: fallbacks, canSimplify: true)
    #expect(ladder.failed(error(.authentication), jitter: 0) == .fallback(fallbacks[2], anew: false))
  }

  @Test func TheProvidersTimeIsHonouredAndAnAnswerGivesNewRetries() {
    var ladder = AttemptLadder(model: model("a"), fallbacks: [], retries: 1)
    #expect(ladder.failed(error(.server, after: .seconds(30)), jitter: 1) == .again(after: .seconds(31)))
    ladder.answered()
    #expect(ladder.failed(error(.server), jitter: 1) == .again(after: .milliseconds(500)))
  }
}
