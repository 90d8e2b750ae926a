import Clocks
import Testing

@Suite struct PauseTests {
  @Test func itTakesItsTime() async throws {
    let clock = ContinuousClock()
    let time = try await clock.measure { try await Task.pause(for: .milliseconds(30)) }
    #expect(time >= .milliseconds(30))
  }

  /// A sleep of that many nanoseconds would return at once.
  @Test(arguments: [Duration.seconds(3600), .seconds(Int64.max / 2)])
  func howeverLongItIsCancellationEndsIt(duration: Duration) async {
    let sleeper = Task { try await Task.pause(for: duration) }
    let other = Task { try await Task.pause(for: .milliseconds(50)) }
    let first = await withTaskGroup(of: String.self) { group in
      group.addTask { (try? await sleeper.value) == nil ? "cancelled" : "over" }
      group.addTask { (try? await other.value) == nil ? "failed" : "rested" }
      let first = await group.next()
      sleeper.cancel()
      let second = await group.next()
      return [first, second]
    }
    #expect(first == ["rested", "cancelled"])
  }

  @Test(arguments: [Duration.zero, .seconds(-1), .seconds(60)])
  func whoIsCancelledAlreadyDoesNotSleep(duration: Duration) async {
    let sleeper = Task {
      while !Task.isCancelled { await Task.yield() }
      try await Task.pause(for: duration)
    }
    sleeper.cancel()
    await #expect(throws: _Concurrency.CancellationError.self) { try await sleeper.value }
  }

  @Test func noTimeAtAllIsNoSleep() async throws {
    try await Task.pause(for: .zero)
    try await Task.pause(for: .seconds(-1))
  }
}
