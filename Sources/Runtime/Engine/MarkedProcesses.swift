public import Jobs
internal import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The processes of a run, known by the mark in the environment that they were started with.
///
/// For ends where nobody else looks after them: the guardian was killed, or the run's own processes were, and the next
/// process that comes by finds its jobs lost. A process that has cleaned its environment is not found.
public struct MarkedProcesses: Sendable {
  private let run: RunID
  private let mark: [UInt8]

  /// The processes of a run.
  public init(of run: RunID) {
    self.run = run
    mark = JobEnvironment.mark(JobEnvironment.Mark.run, run.rawValue)
  }

  /// Ends them all: TERM, after the time of grace KILL, until none is found. Returns how many there were. Blocks for as long
  /// as that takes, the time of grace and two seconds at most; not at all if there are none.
  @discardableResult
  public func end(grace: Duration = .seconds(5)) -> Int {
    var seen: Set<FoundProcess> = []
    var emptyLooks = 0
    let start = MonotonicTime.now
    let endOfGrace = start.advanced(by: grace)
    let deadline = endOfGrace.advanced(by: .seconds(2))
    while MonotonicTime.now < deadline {
      let found = self.found()
      // Who becomes another program has no environment for a moment.
      emptyLooks = found.isEmpty ? emptyLooks + 1 : 0
      if emptyLooks == 3 { break }
      let isOver = MonotonicTime.now >= endOfGrace
      for process in found where isOver || !seen.contains(process) {
        process.signal(isOver ? [SIGKILL] : [SIGTERM, SIGCONT])
      }
      seen.formUnion(found)
      usleep(isOver || found.isEmpty ? 2_000 : 10_000)
    }
    ControlGroup.endAll(of: run)
    return seen.count
  }

  private func found() -> [FoundProcess] {
    #if os(Linux)
      let own = getpid()
      return ProcFiles.processes().compactMap { pid in
        guard pid != own, ProcFiles.environment(of: pid, holdsAll: [mark]),
          let status = ProcFiles.status(of: pid), !status.hasEnded
        else { return nil }
        return FoundProcess(pid: pid, startTime: status.startTime)
      }
    #else
      return []
    #endif
  }
}

extension MarkedProcesses {
  /// Ends what is left of jobs that were found to be lost: their runs' processes died without ending them.
  public static func endThose(of lost: [JobRecord]) {
    for run in Set(lost.map(\.run)) { MarkedProcesses(of: run).end() }
  }
}

/// Ends what dead runs have left, beside the caller's work.
final class LeftoverSweep: Sendable {
  private let isOver = Atomic(false)

  /// Begins with what the lost jobs have left; then come worktrees, in which nobody writes any more.
  init(of lost: [JobRecord], in registry: Registry) {
    OwnThread.start {
      MarkedProcesses.endThose(of: lost)
      WorktreeSweep.run(in: registry)
      self.isOver.store(true, ordering: .releasing)
    }
  }

  /// Returns when nothing is left, or it could not be ended in time.
  func wait() {
    // Not worth more: it is seldom, and bounded.
    while !isOver.load(ordering: .acquiring) { usleep(2_000) }
  }
}
