/// How many tasks to run at once, found out by trying: more as long as more gets done, fewer when less does or when the
/// machine is short of something.
///
/// It begins with one task for each core and climbs by quarters. What gets done is the number of ends in a time; where tasks
/// take so long that few end, the work that the cores do; and where these idle too, since the tasks wait for others, more is
/// tried as long as nothing speaks against it. A step that does not pay is taken back, and tried again later and later.
///
/// Invariants: the limit is from 1 to `most`; memory above its threshold lowers it; so does the processor above its own, but
/// not below what keeps the cores busy up to there, unless others compete for them.
struct AutoConcurrency: Sendable, Hashable {
  /// However much it would pay.
  static let most = 64

  /// What was seen since the last sample.
  struct Sample: Sendable, Hashable {
    /// Seconds.
    var elapsed: Double
    /// How many tasks ended.
    var ended: Int
    /// How many run now.
    var active: Int
    /// How many could run.
    var waiting: Int
    var load: MachineLoad
  }

  private enum Rate: Sendable, Hashable {
    case ends(Double)
    case work(Double)
    case idle
  }

  private struct Trial: Sendable, Hashable {
    let limit: Int
    let rate: Rate
  }

  private struct Window: Sendable, Hashable {
    var elapsed = 0.0
    var ended = 0
    var cpu = 0.0
    var hadNoneWaiting = false
    var last = MachineLoad()
  }

  private static let shortestWindow = 0.4
  private static let longestWindow = 3.0
  private static let longestPause = 32

  private(set) var limit: Int
  private let cores: Int
  private let thresholds: LoadThresholds
  private var window = Window()
  /// What the limit is compared with.
  private var before: Trial?
  /// How many windows to wait until the next step.
  private var pause = 0
  private var nextPause = 2
  /// What the limit brought while it was left alone.
  private var steady: Rate?

  /// For a machine with so many cores.
  init(cores: Int, thresholds: LoadThresholds = .usual) {
    precondition(cores >= 1, "a machine with \(cores) cores")
    self.cores = cores
    self.thresholds = thresholds
    limit = min(cores, AutoConcurrency.most)
  }

  /// Takes what was seen, and returns the limit from now on.
  mutating func take(_ sample: Sample) -> Int {
    window.elapsed += sample.elapsed
    window.ended += sample.ended
    window.cpu += sample.load.cpu * sample.elapsed
    window.hadNoneWaiting = window.hadNoneWaiting || sample.waiting == 0
    window.last = sample.load
    let hasEnough = window.elapsed >= AutoConcurrency.shortestWindow && window.ended >= max(8, 2 * limit)
    if hasEnough || window.elapsed >= AutoConcurrency.longestWindow {
      decide(window)
      window = Window()
    }
    return limit
  }

  private mutating func decide(_ window: Window) {
    let cpu = window.cpu / window.elapsed
    if isShort(window.last, cpu: cpu) { return }
    // With nobody waiting the limit was not what held it back.
    guard !window.hadNoneWaiting else {
      before = nil
      steady = nil
      return
    }
    let rate = rate(of: window, cpu: cpu)
    if pause > 0 { return rest(rate) }
    guard let before, AutoConcurrency.ratio(rate, to: before.rate) != nil || rate == .idle else {
      return step(from: rate, window.last, cpu: cpu)
    }
    if before.limit < limit {
      judgeMore(before, rate, window.last, cpu: cpu)
    } else if before.limit > limit {
      judgeFewer(before, rate)
    } else {
      step(from: rate, window.last, cpu: cpu)
    }
  }

  /// Lowers the limit if the machine is short of something. True: that decides it.
  private mutating func isShort(_ load: MachineLoad, cpu: Double) -> Bool {
    if let memory = thresholds.memory, load.memory > memory {
      lower(by: max(1, limit / 4), to: 1)
      return true
    }
    guard let threshold = thresholds.cpu, cpu > threshold else { return false }
    let fill = coresToFill(threshold)
    // Nobody of ours need wait for a core then: if somebody does, others are at work.
    let hasRivals = limit <= fill && (load.waitingForCPU ?? 0) > 0.5
    let floor = hasRivals ? 1 : min(limit, fill)
    guard limit > floor else { return false }
    lower(by: max(1, limit / (limit > 2 * fill ? 4 : 8)), to: floor)
    return true
  }

  /// How many tasks that do nothing but compute bring the cores to the threshold.
  private func coresToFill(_ threshold: Double) -> Int {
    max(1, Int((Double(cores) * threshold).rounded(.up)))
  }

  private mutating func lower(by step: Int, to floor: Int) {
    limit = max(floor, limit - step)
    before = nil
    steady = nil
    pause = 2
  }

  private func rate(of window: Window, cpu: Double) -> Rate {
    if window.ended >= max(4, limit / 2) { return .ends(Double(window.ended) / window.elapsed) }
    return cpu > 0.25 ? .work(cpu) : .idle
  }

  /// How much more one is than the other; nil for what cannot be compared.
  private static func ratio(_ rate: Rate, to other: Rate) -> Double? {
    switch (rate, other) {
    case (.ends(let one), .ends(let two)), (.work(let one), .work(let two)): two > 0 ? one / two : nil
    default: nil
    }
  }

  /// Leaves the limit alone, unless less gets done than before.
  private mutating func rest(_ rate: Rate) {
    pause -= 1
    if let steady, let ratio = AutoConcurrency.ratio(rate, to: steady), ratio < 0.7, limit > 1 {
      before = Trial(limit: limit, rate: rate)
      limit = max(1, limit - max(1, limit / 8))
      pause = 0
      self.steady = nil
      return
    }
    steady = rate
  }

  /// Tries more, if nothing speaks against it.
  private mutating func step(from rate: Rate, _ load: MachineLoad, cpu: Double) {
    before = Trial(limit: limit, rate: rate)
    let more = min(AutoConcurrency.most, limit + max(1, limit / 4))
    if more > limit, hasRoom(for: more, load, cpu: cpu) { limit = more }
  }

  private func hasRoom(for more: Int, _ load: MachineLoad, cpu: Double) -> Bool {
    if let memory = thresholds.memory, load.memory > memory * 0.95 { return false }
    if (load.waitingForDisk ?? 0) > 0.6 { return false }
    guard let threshold = thresholds.cpu else { return true }
    return more <= coresToFill(threshold) || cpu * Double(more) / Double(limit) <= threshold
  }

  /// More were tried: did it pay?
  private mutating func judgeMore(_ before: Trial, _ rate: Rate, _ load: MachineLoad, cpu: Double) {
    guard let ratio = AutoConcurrency.ratio(rate, to: before.rate) else {
      return step(from: rate, load, cpu: cpu)
    }
    let growth = Double(limit) / Double(before.limit) - 1
    if ratio >= 1 + 0.3 * growth {
      nextPause = 2
      return step(from: rate, load, cpu: cpu)
    }
    limit = ratio < 0.9 ? max(1, min(before.limit, limit * 3 / 4)) : before.limit
    settle()
  }

  /// Fewer were tried, after a fall: was it that?
  private mutating func judgeFewer(_ before: Trial, _ rate: Rate) {
    guard let ratio = AutoConcurrency.ratio(rate, to: before.rate) else { return settle() }
    if ratio > 1.05, limit > 1 {
      self.before = Trial(limit: limit, rate: rate)
      limit = max(1, limit - max(1, limit / 8))
      return
    }
    if ratio < 0.95 { limit = before.limit }
    settle()
  }

  private mutating func settle() {
    before = nil
    steady = nil
    pause = nextPause
    nextPause = min(nextPause * 2, AutoConcurrency.longestPause)
  }
}
