import Jobs

// How many jobs run at once where the machine's load has a say in it.
extension EngineState {
  /// A job has ended.
  mutating func governedJobEnded(_ job: LiveJob) {
    if governors.isEmpty { return }
    if job.needsSlot { governors[.pool]?.taskEnded() }
    if let group = job.membership?.group { governors[.group(group)]?.taskEnded() }
  }

  /// Has a group's number of tasks at once follow the load, if it is to.
  mutating func govern(_ spec: GroupSpec, id: String) {
    guard !spec.isSequential, spec.isAutomatic || !spec.thresholds.isEmpty else { return }
    let governor =
      spec.isAutomatic
      ? LoadGovernor(cores: MachineLoadMeter.cores, thresholds: spec.thresholds.orUsual)
      : LoadGovernor(number: spec.maxConcurrency, thresholds: spec.thresholds)
    governors[.group(id)] = governor
    if let limit = governor.usual { start(scheduler.setLimit(.group(id), limit)) }
  }

  /// The machine's load is known once more, after so many seconds.
  mutating func follow(_ load: (now: MachineLoad, smoothed: MachineLoad), elapsed: Double) {
    for cap in governors.keys {
      guard var governor = governors[cap] else { continue }
      let wasPaused = governor.isPaused
      let limit = governor.limit(
        load.now, smoothed: load.smoothed, elapsed: elapsed, active: scheduler.used(cap), hasWaiting: hasWaiting(cap))
      governors[cap] = governor
      if limit != scheduler.limit(cap) { start(scheduler.setLimit(cap, limit)) }
      if governor.isPaused, !wasPaused, toldOfLoad.insert(cap).inserted {
        outbox.append(.notice(.warning(EngineState.sentence(cap, governor.thresholds, load.smoothed))))
      }
    }
  }

  private func hasWaiting(_ cap: SchedulerState<JobID>.Cap) -> Bool {
    guard case .group(let id) = cap else { return scheduler.waitingCount > 0 }
    return groups[id]?.ids.contains { jobs[$0]?.phase == .lined } == true
  }

  private static func sentence(
    _ cap: SchedulerState<JobID>.Cap, _ thresholds: LoadThresholds, _ load: MachineLoad
  ) -> String {
    func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
    var what: [String] = []
    if let cpu = thresholds.cpu, load.cpu > cpu {
      what.append("the processor is at \(percent(load.cpu)), above \(percent(cpu))")
    }
    if let memory = thresholds.memory, load.memory > memory {
      what.append("\(percent(load.memory)) of the memory are in use, above \(percent(memory))")
    }
    let whose = if case .group(let id) = cap { "of group \(id)" } else { "of the run" }
    return "no other task \(whose) is started while \(what.joined(separator: ", and "))"
  }
}

extension LoadThresholds {
  /// The usual ones where nothing is set.
  var orUsual: LoadThresholds {
    LoadThresholds(cpu: cpu ?? LoadThresholds.usual.cpu, memory: memory ?? LoadThresholds.usual.memory)
  }
}
