import Clocks
import Jobs
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Holds executions to their limits: looks at what they take, and has those end that take too much.
///
/// Looking costs: output files are looked at five times a second, processes only where a limit asks for it, for limits of
/// memory a hundred times a second. So an execution may take more for a moment: a fast writer a fifth of a second's worth,
/// see the manual. It runs as long as there is anything to look at.
final class LimitWatch: Sendable {
  private static let period = Duration.milliseconds(200)
  private static let memoryPeriod = Duration.milliseconds(10)
  /// Between two looks at all processes of the machine.
  private static let processPeriod = Duration.milliseconds(150)
  private static let diskPeriod = Duration.seconds(1)

  private struct State {
    var runs: [ObjectIdentifier: CommandRun] = [:]
    var isLooking = false
  }

  private let state = Mutex(State())

  /// Looks after an execution whose process has started.
  func add(_ run: CommandRun) {
    let mustStart = state.withLock { state in
      state.runs[ObjectIdentifier(run)] = run
      defer { state.isLooking = true }
      return !state.isLooking
    }
    // Ends by itself once there is nothing left to look at.
    if mustStart { Task { await look() } }
  }

  /// Forgets an execution that has ended.
  func remove(_ run: CommandRun) { state.withLock { $0.runs[ObjectIdentifier(run)] = nil } }

  private func look() async {
    var table = ProcessTable()
    var disk = DiskFloor()
    var lastProcessLook = MonotonicTime(nanoseconds: 0)
    var lastDiskLook = MonotonicTime.now
    while true {
      let hasMemoryLimit = state.withLock { state -> Bool? in
        if state.runs.isEmpty { state.isLooking = false }
        return state.runs.isEmpty ? nil : state.runs.values.contains { $0.order.limits.memory != nil }
      }
      guard let hasMemoryLimit else { return }
      // Nobody cancels this task. It holds no execution meanwhile, for what has ended is to let go of its files.
      try? await Task.pause(for: hasMemoryLimit ? LimitWatch.memoryPeriod : LimitWatch.period)
      let runs = state.withLock { Array($0.runs.values) }
      let now = MonotonicTime.now
      let concerned = runs.filter { $0.order.limits.concernsProcesses }
      var usage: [pid_t: UsageSample] = [:]
      if !concerned.isEmpty {
        let trees = concerned.compactMap(\.tree)
        if now.since(lastProcessLook) >= LimitWatch.processPeriod {
          lastProcessLook = now
          usage = table.usage(of: trees, withTransfers: concerned.contains { $0.order.limits.idle != nil })
        } else {
          usage = table.memory(of: trees)
        }
      }
      for run in runs { run.look(usage) }
      if now.since(lastDiskLook) >= LimitWatch.diskPeriod {
        lastDiskLook = now
        disk.look(at: runs)
      }
    }
  }
}
