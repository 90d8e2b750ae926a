/// How a process is asked, then made, to end, as a pure state machine: TERM, a time of grace, KILL.
///
/// ```
///  running ──ask──► asked ──graceOver──► killed ──┐
///     └───────────────┴──────────────────────────ended──► over
/// ```
/// Invariants: each signal is decided once, however often somebody asks; nothing is sent once the process has ended.
struct KillSequence: Sendable, Hashable {
  /// What the owner of the process is to do.
  enum Action: Sendable, Hashable {
    /// Send TERM to the whole group, then CONT, so that a stopped process can act on it.
    case terminate
    /// Send KILL to the whole group.
    case kill
    /// Call `graceOver` after this time, unless the process ends first.
    case wait(Duration)
  }

  private enum Stage: Hashable { case running, asked, killed, over }

  /// The time between TERM and KILL.
  let grace: Duration
  private var stage = Stage.running

  /// A process that nobody wants to end yet.
  init(grace: Duration) { self.grace = grace }

  /// Whether somebody asked, or the process has ended.
  var isUnderWay: Bool { stage != .running }

  /// Somebody wants the process to end.
  mutating func ask() -> [Action] {
    guard stage == .running else { return [] }
    stage = .asked
    return [.terminate, .wait(grace)]
  }

  /// Somebody wants it to end at once.
  mutating func askAtOnce() -> [Action] {
    guard stage == .running || stage == .asked else { return [] }
    stage = .killed
    return [.kill]
  }

  /// The time of grace is over.
  mutating func graceOver() -> [Action] {
    guard stage == .asked else { return [] }
    stage = .killed
    return [.kill]
  }

  /// The process has ended: no signal may be sent to its number any more.
  mutating func ended() { stage = .over }
}
