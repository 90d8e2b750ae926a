import Jobs

// What model agents do to the jobs that they work for. Each does nothing once the attempt is over.
extension EngineState {
  private func isAtWork(_ id: JobID) -> Bool {
    guard let job = jobs[id], job.phase == .active else { return false }
    return job.state.record.status == .running || job.state.record.status == .waiting
  }

  /// It waits for something outside.
  mutating func agentWaits(_ id: JobID, _ wait: WaitCause) {
    guard isAtWork(id), jobs[id]?.state.record.wait != wait else { return }
    step(id, .waiting(wait))
  }

  /// It works again.
  mutating func agentGoesOn(_ id: JobID) {
    guard isAtWork(id), jobs[id]?.state.record.status == .waiting else { return }
    step(id, .resumed)
  }

  /// It is known who does the work.
  mutating func agentAssigned(_ id: JobID, agent: String?, model: String?) {
    guard isAtWork(id), let record = jobs[id]?.state.record else { return }
    if record.agent == agent ?? record.agent, record.model == model ?? record.model { return }
    step(id, .assigned(agent: agent, model: model))
  }

  /// This is what its models have taken by now.
  mutating func agentSpent(_ id: JobID, _ usage: JobUsage) {
    if isAtWork(id) { step(id, .spent(usage)) }
  }

  /// Something happened that the script may want to hear of.
  mutating func tell(_ event: AgentNotice, of id: JobID) {
    if let record = jobs[id]?.state.record { outbox.append(.notice(.agent(record, event))) }
  }
}
