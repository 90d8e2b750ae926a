extension Redaction {
  /// A job as it is written down. What work depends on stays: the id, the folder and the output file.
  func record(_ record: JobRecord) -> JobRecord {
    if isEmpty { return record }
    var record = record
    record.name = optional(record.name)
    record.description = optional(record.description)
    record.agent = optional(record.agent)
    record.command = optional(record.command)
    record.origin = optional(record.origin)
    record.labels = record.labels.mapValues { text($0) }
    record.phase = optional(record.phase)
    record.topic = optional(record.topic)
    return record
  }

  /// What happened to a job as it is written down.
  func event(_ event: JobEvent) -> JobEvent {
    if isEmpty { return event }
    switch event {
    case .retrying(let outcome): return .retrying(self.outcome(outcome))
    case .progressed(let fraction, let said):
      // A long line was cut by its reader.
      return .progressed(fraction: fraction, text: said.map { text($0, cut: .end) })
    case .ended(let outcome): return .ended(self.outcome(outcome))
    case .waiting(let wait?):
      return .waiting(WaitCause(reason: wait.reason, text: text(wait.text), until: wait.until))
    case .assigned(let agent, let model): return .assigned(agent: optional(agent), model: optional(model))
    case .queued, .started, .waiting(nil), .resumed, .spent: return event
    }
  }

  private func outcome(_ outcome: JobOutcome) -> JobOutcome {
    var outcome = outcome
    outcome.error = optional(outcome.error)
    outcome.data = outcome.data.map { json($0) }
    outcome.cancelledBy = optional(outcome.cancelledBy)
    outcome.cancelReason = optional(outcome.cancelReason)
    outcome.worktree = outcome.worktree.map { worktree($0) }
    return outcome
  }

  /// A worktree as it is written down. What is needed to find it again stays.
  func worktree(_ worktree: JobWorktree) -> JobWorktree {
    if isEmpty { return worktree }
    var worktree = worktree
    worktree.note = optional(worktree.note)
    worktree.files = worktree.files.map { text($0) }
    worktree.undeclared = worktree.undeclared.map { text($0) }
    worktree.conflicts = worktree.conflicts.map { .init(file: text($0.file), with: text($0.with)) }
    return worktree
  }

  private func optional(_ text: String?) -> String? { text.map { self.text($0) } }
}
