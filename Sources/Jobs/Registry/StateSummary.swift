import WireText

/// What `state.json` shows: who runs, who waits, the pool, who ended last, and what is to do. Pure.
struct StateSummary {
  /// A file for people: of longer lists, only so many are shown.
  static let longestList = 1000
  static let longestHistory = 100

  let live: [JobRecord]
  /// The latest first.
  let ended: [JobRecord]
  let maxConcurrent: Int
  var todo: [TodoItem] = []

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
      writer.field("agent_timeout", active.first?.timeoutMs)
      StateSummary.list("active_agents", active, in: &writer) { record, writer in
        writer.field("started_at", record.startedAt)
        writer.field("timeout", record.timeoutMs)
        writer.field("status", record.status.rawValue)
        writer.field("phase", record.phase)
        writer.field("progress", record.progress)
      }
      writer.key("agent_pool")
      writer.object { writer in
        writer.field("max_concurrent", maxConcurrent)
        writer.field("available_slots", max(maxConcurrent - taken, 0))
        StateSummary.list("queue", waiting, in: &writer) { record, writer in
          writer.field("status", record.status.rawValue)
          writer.field("dependencies", record.dependencies.map(\.rawValue))
          // A normal priority is zero.
          writer.field("priority", record.priority ?? 0)
        }
      }
      StateSummary.list("agent_history", ended.reversed(), in: &writer) { record, writer in
        writer.field("started_at", record.startedAt)
        writer.field("completed_at", record.completedAt)
        writer.field("duration_ms", record.durationMs)
        writer.field("status", record.status.rawValue)
      }
      writer.key("todo")
      TodoItem.write(todo, to: &writer)
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

/// What `decisions.json` shows: the questions that wait for a person, and those that were settled last. Pure.
struct DecisionSummary {
  let pending: [DecisionRecord]
  /// The latest first.
  let resolved: [DecisionRecord]

  var isEmpty: Bool { pending.isEmpty && resolved.isEmpty }

  /// The documented shape: each with its question, options and what it blocks.
  var json: String {
    var writer = JSONWriter(isPretty: true)
    writer.object { writer in
      for (key, decisions) in [("pending", pending), ("resolved", resolved.reversed())] {
        writer.key(key)
        writer.array { writer in
          for decision in decisions.prefix(StateSummary.longestList) { decision.write(to: &writer) }
        }
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self) + "\n"
  }
}
