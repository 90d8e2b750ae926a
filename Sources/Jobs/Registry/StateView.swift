import Dispatch
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What `state.json` shows: who runs, who waits, the pool, and who ended last. Pure.
struct StateSummary {
  /// A file for people: of longer lists, only so many are shown.
  static let longestList = 1000
  static let longestHistory = 100

  let live: [JobRecord]
  /// The latest first.
  let ended: [JobRecord]
  let maxConcurrent: Int

  /// The documented shape, with each job's id besides.
  var json: String {
    let active = live.filter { $0.status == .running || $0.status == .waiting }
    let waiting = live.filter { $0.status == .queued || $0.status == .pending }
    // Functions run on the script's thread, and take no slot.
    let taken = active.filter { $0.status == .running && $0.kind != .function }.count
    var writer = JSONWriter(isPretty: true)
    writer.object { writer in
      writer.field("execution_mode", maxConcurrent > 1 ? "parallel" : "sequential")
      writer.field("current_agent", active.first.map(\.agentName))
      writer.field("agent_start_time", active.first?.startedAt)
      StateSummary.list("active_agents", active, in: &writer) { record, writer in
        writer.field("started_at", record.startedAt)
        writer.field("status", record.status.rawValue)
      }
      writer.key("agent_pool")
      writer.object { writer in
        writer.field("max_concurrent", maxConcurrent)
        writer.field("available_slots", max(maxConcurrent - taken, 0))
        StateSummary.list("queue", waiting, in: &writer) { record, writer in
          writer.field("status", record.status.rawValue)
          writer.field("dependencies", record.dependencies.map(\.rawValue))
        }
      }
      StateSummary.list("agent_history", ended.reversed(), in: &writer) { record, writer in
        writer.field("started_at", record.startedAt)
        writer.field("completed_at", record.completedAt)
        writer.field("duration_ms", record.durationMs)
        writer.field("status", record.status.rawValue)
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self) + "\n"
  }

  private static func list(
    _ key: String, _ records: [JobRecord], in writer: inout JSONWriter,
    _ more: (JobRecord, inout JSONWriter) -> Void
  ) {
    writer.key(key)
    writer.array { writer in
      for record in records.prefix(longestList) {
        writer.object { writer in
          writer.field("agent", record.agentName)
          writer.field("task", record.description ?? record.name ?? record.command ?? record.id.rawValue)
          writer.field("id", record.id.rawValue)
          more(record, &writer)
        }
      }
    }
  }
}

extension JobRecord {
  fileprivate var agentName: String { agent ?? kind.rawValue }
}

/// Keeps `state.json` near the registry's truth: written some time after a change, whole or not at all, never read back.
final class StateView: Sendable {
  private static let delay = DispatchTimeInterval.milliseconds(250)

  private let path: String
  private let temporary: String
  private let summary: @Sendable () -> StateSummary?
  private let isDue = Mutex(false)
  private let thread = DispatchQueue(label: "agentscript.registry.state", qos: .utility)

  init(_ directory: StateDirectory, summary: @escaping @Sendable () -> StateSummary?) {
    path = directory.path + "/state.json"
    temporary = "\(directory.path)/\(TemporaryFile.prefix)state-\(UInt64.random(in: .min ... .max))"
    self.summary = summary
  }

  /// Something changed: the file will follow.
  func note() {
    let isNew = isDue.withLock { isDue in
      defer { isDue = true }
      return !isDue
    }
    if isNew { thread.asyncAfter(deadline: .now() + StateView.delay) { self.writeIfDue() } }
  }

  /// Returns when the file shows all that was noted.
  func flush() { thread.sync { self.writeIfDue() } }

  private func writeIfDue() {
    let wasDue = isDue.withLock { isDue in
      defer { isDue = false }
      return isDue
    }
    guard wasDue, let text = summary()?.json else { return }
    // A view that cannot be written now is written after the next change; nothing depends on it.
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = open(temporary, flags, 0o600)
    guard descriptor >= 0 else { return }
    let isWritten =
      fchmod(descriptor, 0o600) == 0 && (try? FileIO.writeAll(Array(text.utf8), to: descriptor, path: path)) != nil
    close(descriptor)
    if !isWritten || rename(temporary, path) != 0 { unlink(temporary) }
  }
}

extension Registry {
  /// Keeps the file `state.json` of this folder, from now until `close`: jobs of all runs, and this run's pool.
  ///
  /// The file follows the registry by up to a quarter of a second and is whole whenever it is read. It is a view for
  /// people; nothing reads it back. Does nothing for a registry that was opened for reading.
  public func keepStateView(maxConcurrent: Int) {
    guard let writer else { return }
    let view = StateView(directory) { [weak self] in
      guard let self else { return nil }
      var live = JobFilter()
      live.isLive = true
      live.limit = StateSummary.longestList * 2
      var ended = JobFilter()
      ended.isLive = false
      ended.order = .newestFirst
      ended.limit = StateSummary.longestHistory
      guard let running = try? jobs(live), let past = try? jobs(ended) else { return nil }
      return StateSummary(live: running, ended: past, maxConcurrent: maxConcurrent)
    }
    writer.keep(view)
  }
}
