import Clocks
import Jobs

// What is looked at again and again while jobs live: their output, for reports of progress, and wishes of other processes.
extension JobEngine {
  private static let period = Duration.milliseconds(200)
  /// Wishes of other processes are looked for at every second tick.
  private static let ticksBetweenWishes = 2
  /// The machine's pressure is looked at every second.
  private static let ticksBetweenPressures = 5
  /// How long jobs wait for room while nothing of ours runs that could give it back.
  private static let patienceWithPressure = Duration.seconds(60)
  /// How much is read at once; and how far we may be behind before the middle is passed over.
  private static let piece = 256 << 10
  private static let longestBacklog = 8 << 20
  private static let keptOfBacklog = 64 << 10
  /// How many reports of one piece are told; of more, the last.
  private static let mostReports = 64

  /// Runs as long as there are live jobs.
  func tick() async {
    var tick = 0
    var heldSince: MonotonicTime?
    var version: Int64?
    var load = LoadWatch()
    var looked = MonotonicTime.now
    while true {
      try? await Task.pause(for: JobEngine.period)
      let (mayStop, running) = perform { state -> (Bool, [JobID]) in
        if state.jobs.isEmpty { state.isTicking = false }
        return (state.jobs.isEmpty, Array(state.commands))
      }
      if mayStop { return }
      tick += 1
      if tick % JobEngine.ticksBetweenPressures == 0 { look(for: running.count, heldSince: &heldSince) }
      follow(&load, since: &looked)
      for id in running { scanProgress(id, isLast: false) }
      if tick % JobEngine.ticksBetweenWishes == 0 { version = hearWishes(after: version) }
    }
  }

  /// Holds starts back while the machine has no room, and gives up where waiting does not help.
  private func look(for running: Int, heldSince: inout MonotonicTime?) {
    let reason = Pressure.now(folder: registry.directory.path).reason(pressureLimits, running: running)
    perform { $0.hold(reason) }
    guard let reason, running == 0 else {
      heldSince = nil
      return
    }
    let since = heldSince ?? .now
    heldSince = since
    if MonotonicTime.now.since(since) >= JobEngine.patienceWithPressure {
      perform { $0.giveUpWaiting("not started: \(reason)") }
    }
  }

  /// Has those numbers of jobs at once that depend on the machine's load follow it.
  private func follow(_ watch: inout LoadWatch, since looked: inout MonotonicTime) {
    guard look({ !$0.governors.isEmpty }) else { return }
    let load = watch.look()
    let now = MonotonicTime.now
    let elapsed = now.since(looked)
    looked = now
    perform { $0.follow(load, elapsed: max(0.001, elapsed / .seconds(1))) }
  }

  /// Cancels what other processes want to be cancelled. Returns the registry's version that was looked at.
  private func hearWishes(after known: Int64?) -> Int64? {
    // A registry that cannot be read now is read the next time.
    guard let version = try? registry.dataVersion(), version != known,
      let wishes = try? registry.pendingCancelRequests(run: run.id)
    else { return known }
    for wish in wishes {
      cancel(wish.job, by: wish.by, reason: wish.reason, keepsChildren: wish.keepsChildren)
    }
    return version
  }

  /// Looks through what a command has written since the last look. The last time, an unfinished line counts too.
  func scanProgress(_ id: JobID, isLast: Bool) {
    while true {
      let known = look { state in
        state.jobs[id].flatMap { job in job.scan.flatMap { scan in job.output.map { ($0, scan.offset) } } }
      }
      guard let (output, offset) = known, let size = try? output.size() else { return }
      let start = size - offset > JobEngine.longestBacklog ? size - JobEngine.keptOfBacklog : offset
      let bytes = (try? output.read(from: start, count: min(size - start, JobEngine.piece))) ?? []
      perform { state in
        // The other task that looks may have been faster; then its view holds.
        guard var scan = state.jobs[id]?.scan, scan.offset == offset else { return }
        if start != offset {
          scan.scanner = ProgressScanner()
          // In the middle of a line, which counts for nothing.
          _ = scan.scanner.scan([UInt8(ascii: "x")])
        }
        var reports = scan.scanner.scan(bytes).suffix(JobEngine.mostReports)
        scan.offset = start + bytes.count
        if isLast, scan.offset >= size, let report = scan.scanner.finish() { reports.append(report) }
        state.jobs[id]?.scan = scan
        state.progressed(id, Array(reports))
      }
      if bytes.isEmpty || start + bytes.count >= size { return }
    }
  }

  /// A function's own report: into its log, as a command would have written it, and told.
  func report(_ id: JobID, _ report: ProgressReport) {
    let isFunction = look { state in
      state.jobs[id].map { $0.phase == .active && $0.spec.kind == .function } ?? false
    }
    if isFunction {
      let percent = report.fraction.map { "\(Int((min(max($0, 0), 1) * 100).rounded()))%" }
      // The line is for readers; the report itself goes to the registry.
      let text = [percent, report.text].compactMap { $0 }.joined(separator: " ")
      _ = try? outputFile(of: id).appendMarker("PROGRESS", look { $0.redaction }.text(text))
    }
    perform { $0.progressed(id, [report]) }
  }
}
