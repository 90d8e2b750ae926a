import Dispatch
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// One of the files beside the registry that show it to people.
struct ViewFile {
  let name: String
  let text: String
}

/// Keeps `state.json` and `decisions.json` near the registry's truth: written some time after a change, at most once a
/// second, whole or not at all, never read back.
final class StateView: Sendable {
  /// How long a change may gather company, and how far apart two writings are, in nanoseconds.
  private static let delay: UInt64 = 250_000_000
  private static let interval: UInt64 = 1_000_000_000

  private struct Schedule {
    var isDue = false
    var lastWritten: UInt64?
  }

  private let folder: String
  private let temporary: String
  private let files: @Sendable () -> [ViewFile]
  private let schedule = Mutex(Schedule())
  private let thread = DispatchQueue(label: "agentscript.registry.state", qos: .utility)

  init(_ directory: StateDirectory, files: @escaping @Sendable () -> [ViewFile]) {
    folder = directory.path
    temporary = "\(directory.path)/\(TemporaryFile.prefix)state-\(UInt64.random(in: .min ... .max))"
    self.files = files
  }

  /// Something changed: the files will follow.
  func note() {
    let now = Moment.now().monotonic
    let delay = schedule.withLock { schedule -> UInt64? in
      if schedule.isDue { return nil }
      schedule.isDue = true
      let earliest = schedule.lastWritten.map { $0 + StateView.interval } ?? 0
      return max(earliest > now ? earliest - now : 0, StateView.delay)
    }
    guard let delay else { return }
    thread.asyncAfter(deadline: .now() + .nanoseconds(Int(delay))) { self.writeIfDue() }
  }

  /// Returns when the files show all that was noted.
  func flush() { thread.sync { self.writeIfDue() } }

  private func writeIfDue() {
    let wasDue = schedule.withLock { schedule in
      defer { schedule.isDue = false }
      if schedule.isDue { schedule.lastWritten = Moment.now().monotonic }
      return schedule.isDue
    }
    guard wasDue else { return }
    for file in files() { write(file) }
  }

  /// A view that cannot be written now is written after the next change; nothing depends on it.
  private func write(_ file: ViewFile) {
    let path = "\(folder)/\(file.name)"
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = open(temporary, flags, 0o600)
    guard descriptor >= 0 else { return }
    let isWritten =
      fchmod(descriptor, 0o600) == 0 && (try? FileIO.writeAll(Array(file.text.utf8), to: descriptor, path: path)) != nil
    close(descriptor)
    if !isWritten || rename(temporary, path) != 0 { unlink(temporary) }
  }
}

extension Registry {
  /// Keeps the files `state.json` and, once a question was asked, `decisions.json` of this folder, from now until `close`:
  /// jobs and questions of all runs, the pool of this run, and what this run says there is to do.
  ///
  /// The files follow the registry by up to a second and are whole whenever they are read. They are views for people;
  /// nothing reads them back. Does nothing for a registry that was opened for reading.
  public func keepStateView(run: RunID? = nil, maxConcurrent: Int) {
    guard let writer else { return }
    let view = StateView(directory) { [weak self] in
      guard let self else { return [] }
      return [stateFile(run, maxConcurrent), decisionsFile()].compactMap(\.self)
    }
    writer.keep(view)
  }

  private func stateFile(_ run: RunID?, _ maxConcurrent: Int) -> ViewFile? {
    var live = JobFilter()
    live.isLive = true
    live.limit = StateSummary.longestList * 2
    var ended = JobFilter()
    ended.isLive = false
    ended.order = .newestFirst
    ended.limit = StateSummary.longestHistory
    guard let running = try? jobs(live), let past = try? jobs(ended) else { return nil }
    var summary = StateSummary(live: running, ended: past, maxConcurrent: maxConcurrent)
    if let run { summary.todo = (try? todo(of: run)) ?? [] }
    return ViewFile(name: "state.json", text: summary.json)
  }

  private func decisionsFile() -> ViewFile? {
    guard let pending = try? decisions(open: true),
      let resolved = try? decisions(open: false, limit: StateSummary.longestHistory)
    else { return nil }
    let summary = DecisionSummary(pending: pending, resolved: resolved)
    return summary.isEmpty ? nil : ViewFile(name: "decisions.json", text: summary.json)
  }
}
