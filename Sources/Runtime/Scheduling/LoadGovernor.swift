/// What a group, or a run, does when the machine is busy: how many of its tasks may run now.
struct LoadGovernor: Sendable {
  /// How many may run if the machine allows it; nil for as many as like.
  let usual: Int?
  let thresholds: LoadThresholds
  private var auto: AutoConcurrency?
  /// How many tasks have ended since the last look.
  private var ended = 0
  /// Whether nothing is started because of the load.
  private(set) var isPaused = false

  /// A number that holds as long as the load is below the thresholds. While it is above, nothing is started, unless nothing
  /// runs.
  init(number: Int?, thresholds: LoadThresholds) {
    usual = number
    self.thresholds = thresholds
  }

  /// A number that is found out.
  init(cores: Int, thresholds: LoadThresholds) {
    let auto = AutoConcurrency(cores: cores, thresholds: thresholds)
    usual = auto.limit
    self.auto = auto
    self.thresholds = thresholds
  }

  mutating func taskEnded() { ended += 1 }

  /// How many may run from now on. `load` is that of the time since the last look, `smoothed` that of about a second.
  mutating func limit(
    _ load: MachineLoad, smoothed: MachineLoad, elapsed: Double, active: Int, hasWaiting: Bool
  ) -> Int? {
    defer { ended = 0 }
    guard var auto else {
      isPaused = !thresholds.allow(smoothed)
      return isPaused ? 1 : usual
    }
    // With places to spare, something else than the limit held the tasks back.
    let isFull = hasWaiting && active >= auto.limit
    let limit = auto.take(
      .init(elapsed: elapsed, ended: ended, active: active, waiting: isFull ? 1 : 0, load: load))
    self.auto = auto
    return limit
  }
}

/// The machine's load, as of the last moment and as of about the last second.
struct LoadWatch: Sendable {
  private static let kept = 5

  private var meter = MachineLoadMeter()
  private var recent: [MachineLoad] = []

  /// Measures once more.
  mutating func look() -> (now: MachineLoad, smoothed: MachineLoad) {
    let now = meter.look()
    recent = recent.suffix(LoadWatch.kept - 1) + [now]
    var smoothed = now
    smoothed.cpu = recent.reduce(0) { $0 + $1.cpu } / Double(recent.count)
    return (now, smoothed)
  }
}
