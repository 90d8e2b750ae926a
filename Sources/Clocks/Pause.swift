extension Task where Success == Never, Failure == Never {
  /// The longest single sleep of a pause.
  private static var longestSleep: Duration { .seconds(60) }

  /// Suspends the current task that long; the time for which the machine sleeps counts, to a minute. Throws as soon as the
  /// task is cancelled. No time at all, or less, only looks for that.
  ///
  /// Not `Task.sleep(for:)`: Swift 6.2 and 6.3 compile that generic function into its callers, and several projects tell of
  /// optimized programs that crashed there ("freed pointer was not the last allocation"); here it was not seen.
  /// `Task.sleep(nanoseconds:)` is compiled once, in the library; of very long times it returns at once, hence the limit to
  /// each (swiftlang/swift#80791).
  @inline(never) public static func pause(for duration: Duration) async throws(_Concurrency.CancellationError) {
    let clock = ContinuousClock()
    let start = clock.now
    var left = duration
    repeat {
      if Task.isCancelled { throw _Concurrency.CancellationError() }
      let nanoseconds = min(left, longestSleep) / .nanoseconds(1)
      // It fails only when the task is cancelled.
      if nanoseconds > 0 { try? await Task.sleep(nanoseconds: UInt64(nanoseconds)) }
      left = duration - (clock.now - start)
    } while left > .zero
    if Task.isCancelled { throw _Concurrency.CancellationError() }
  }
}
