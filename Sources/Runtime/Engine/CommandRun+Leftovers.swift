import Clocks
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension CommandRun {
  /// How long the end waits for processes that outlive the leader to go by themselves, as the reader of a pipe does.
  private static let naturalTime = Duration.milliseconds(100)
  /// How long it waits for them to obey.
  private static let obeyTime = Duration.milliseconds(150)
  /// What they have for that at least, where the leader took the whole time of grace for itself.
  private static let leastGrace = Duration.milliseconds(500)
  /// How long processes are looked for that have been killed.
  private static let killTime = Duration.seconds(10)

  /// Asks what outlives the leader to end. Returns how many there were, and the leftovers again if some are still there.
  /// What nothing tells of is looked for after a leader that did not obey: its kin may be like it.
  func sweep(_ found: Leftovers, leaderObeyed: Bool) async -> (leaked: Int, rest: Leftovers?) {
    var leftovers = found
    if await wait(atMost: CommandRun.naturalTime, until: { !leftovers.mayExist }), leaderObeyed { return (0, nil) }
    // The sign may have been of processes that have ended and are not reaped, or of one that is not to be found.
    guard leftovers.signal(SIGTERM, SIGCONT) > 0 else { return (0, nil) }
    let isGone = await wait(atMost: CommandRun.obeyTime, until: { leftovers.areGone })
    return (leftovers.count, isGone ? nil : leftovers)
  }

  /// The time of grace begins, for the whole tree.
  func beginGrace() { endOfGrace.withLock { $0 = SuspendingClock().now + grace } }

  /// Ends the processes that did not obey at once: waits for what is left of the time of grace, then kills until none is
  /// found.
  func endAll(_ found: Leftovers) async {
    var leftovers = found
    let clock = SuspendingClock()
    let left = endOfGrace.withLock { $0.map { $0 - clock.now } } ?? grace
    let rest = max(left, min(grace, CommandRun.leastGrace))
    if await wait(atMost: rest, until: { leftovers.areGone }) { return }
    let deadline = clock.now + CommandRun.killTime
    while clock.now < deadline, leftovers.signal(SIGKILL) > 0 {
      if await wait(atMost: .milliseconds(100), until: { leftovers.areGone }) { return }
    }
  }

  /// Looks again and again, at first often; false if it did not come true in time.
  private func wait(atMost time: Duration, until isTrue: () -> Bool) async -> Bool {
    let clock = SuspendingClock()
    let deadline = clock.now + time
    var pause = Duration.milliseconds(1)
    while !isTrue() {
      guard clock.now < deadline else { return false }
      // This task is never cancelled: see LocalBackend.
      try? await Task.pause(for: min(pause, deadline - clock.now))
      pause = min(pause * 3, .milliseconds(50))
    }
    return true
  }
}
