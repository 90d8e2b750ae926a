import Jobs

/// A group that has not ended, as the engine holds it.
struct LiveGroup: Sendable {
  var state: GroupState
  let ids: [JobID]
  let keys: [String]
  let timeLimit: Duration?
  /// What the members came to; nil for those that have not ended.
  var ends: [JobStatus?]
  var timer: Task<Void, Never>?

  /// `keys` are what the tasks are called in what people read.
  init(state: GroupState, ids: [JobID], keys: [String], timeLimit: Duration?) {
    self.state = state
    self.ids = ids
    self.keys = keys
    self.timeLimit = timeLimit
    ends = .init(repeating: nil, count: ids.count)
  }
}

extension EngineState {
  /// Takes a group in whose jobs are recorded, and starts what may start.
  mutating func take(_ group: LiveGroup, id: String, _ specs: [TaskSpec], _ states: [JobState]) {
    groups[id] = group
    for (index, spec) in specs.enumerated() {
      let job = LiveJob(spec, state: states[index], membership: LiveJob.Membership(group: id, index: index))
      let jobID = group.ids[index]
      precondition(jobs[jobID] == nil, "job \(jobID) is taken in a second time")
      jobs[jobID] = job
      jobs[jobID]?.intent = .durable
      outbox.append(.notice(.changed(states[index].record)))
    }
    tickIfNeeded()
    if let limit = group.timeLimit { outbox.append(.groupTimer(id, limit)) }
    if group.ids.isEmpty { return closeGroup(id) }
    var begun = group.state
    let actions = begun.begin()
    groups[id]?.state = begun
    perform(actions, in: id)
  }

  /// A member's end has been told.
  mutating func memberEnded(_ place: LiveJob.Membership, _ record: JobRecord) {
    groups[place.group]?.ends[place.index] = record.status
    if let actions = groups[place.group]?.state.taskEnded(place.index, succeeded: record.isSuccess) {
      perform(actions, in: place.group)
    }
    if groups[place.group]?.ends.contains(nil) == false { closeGroup(place.group) }
  }

  /// What has not begun in a group will not.
  mutating func stopGroup(_ id: String, _ wish: LiveJob.Wish) {
    guard let actions = groups[id]?.state.stop() else { return }
    perform(actions, in: id, wish)
  }

  /// Somebody wants a whole group to end.
  mutating func cancelGroup(_ id: String, _ wish: LiveJob.Wish) {
    guard let group = groups[id] else { return }
    stopGroup(id, wish)
    for job in group.ids { cancel(job, wish) }
  }

  /// A group has used up four fifths of its time.
  mutating func warnGroup(_ id: String) {
    guard let group = groups[id], let limit = group.timeLimit else { return }
    let open = group.ends.count { $0 == nil }
    outbox.append(
      .notice(
        .warning(
          "80 % of the \(JobSentences.text(limit)) of group \(id) are used up, and \(open) of its tasks have not ended")
      ))
  }

  /// A group has reached its time limit.
  mutating func groupTimeIsOver(_ id: String) {
    guard let group = groups[id], let limit = group.timeLimit else { return }
    cancelGroup(id, LiveJob.Wish(kind: .groupTimeout(limit), by: "group", reason: "the group's time limit was reached"))
  }

  private mutating func perform(_ actions: [GroupState.Action], in id: String, _ wish: LiveJob.Wish? = nil) {
    guard let group = groups[id] else { return }
    for action in actions {
      switch action {
      case .start(let index):
        let job = group.ids[index]
        if jobs[job]?.state.record.status == .pending { step(job, .queued) }
        line(job)
      case .skip(let index, let cause):
        end(group.ids[index], skipped(cause, in: group, wish))
      case .cancel(let index, let because):
        let wish = LiveJob.Wish(
          kind: .failFast, by: "fail_fast", reason: "task '\(group.keys[because])' of its group failed first")
        cancel(group.ids[index], wish)
      }
    }
  }

  private func skipped(_ cause: GroupState.SkipCause, in group: LiveGroup, _ wish: LiveJob.Wish?) -> JobOutcome {
    switch cause {
    case .dependency(let index):
      let how = group.ends[index]?.rawValue ?? "skipped"
      return .skipped(
        .dependencyFailed, error: "not started: its dependency '\(group.keys[index])' ended as \(how)")
    case .failFast(let index):
      return .skipped(.failFast, error: "not started: task '\(group.keys[index])' of its group failed first")
    case .stopped:
      return JobSentences.ended(by: wish ?? lastWish, hadBegun: false)
    }
  }

  /// Every member's end has been told.
  private mutating func closeGroup(_ id: String) {
    groups.removeValue(forKey: id)?.timer?.cancel()
  }
}
