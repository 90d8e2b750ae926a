import Jobs

/// A group that has not ended, as the engine holds it.
struct LiveGroup: Sendable {
  var state: GroupState
  let ids: [JobID]
  let keys: [String]
  let timeLimit: Duration?
  /// What the members came to; nil for those that have not ended.
  private(set) var ends: [JobStatus?]
  /// How many have not ended.
  private(set) var openCount: Int
  /// The records of those members that others want to know of: their templates name them.
  var results: [JobID: JobRecord] = [:]
  /// Whose records are kept.
  private let named: Set<Int>
  private let isOrdered: Bool
  private let since: Double
  /// The longest way from each member to the group's end, in any unit.
  private let tails: [Double]
  /// Those that have a limit of their own here.
  let agents: [String]
  var timer: Task<Void, Never>?
  var works = GroupWorks()
  /// How often everything had been cancelled when it began.
  var cancellations = 0

  /// `keys` are what the tasks are called in what people read.
  /// `durations` are the members' milliseconds in earlier runs, as far as they are known.
  init(_ spec: GroupSpec, plan: GroupPlan, ids: [JobID], keys: [String], durations: [Double?]) {
    state = GroupState(
      plan: plan, rules: spec.members.map(\.rule), failsFast: spec.failFast,
      fallsBack: spec.fallsBack && !spec.isSequential)
    self.ids = ids
    self.keys = keys
    timeLimit = spec.timeout
    agents = Array(spec.maxPerAgent.keys)
    ends = .init(repeating: nil, count: ids.count)
    openCount = ids.count
    since = EngineState.now
    var named: Set<Int> = []
    for (index, member) in spec.members.enumerated() {
      for case .some(let template) in member.spec.templates {
        let tasks = Set(template.references.map(\.task))
        for dependency in plan.dependencies[index] where tasks.contains(plan.keys[dependency]) {
          named.insert(dependency)
        }
      }
    }
    self.named = named
    isOrdered = !spec.isSequential && plan.waves.count > 1
    tails = isOrdered ? BottomLevels.ranks(plan, GroupForecast.filled(durations)) : []
  }

  /// A member's place in the line: they all wait since the group began, the longest way first.
  func rank(_ index: Int, priority: Double) -> Rank {
    Rank(since: since, priority: priority, tail: isOrdered ? tails[index] : 0, order: index)
  }

  /// The results that a member's templates may name, by the names that they use.
  func needs(of index: Int, given: [String: JobID]) -> [String: JobRecord] {
    var records = given.compactMapValues { results[$0] }
    for dependency in state.plan.dependencies[index] { records[keys[dependency]] = results[ids[dependency]] }
    return records
  }

  /// Changes the state in place: a copy would be made at each end otherwise.
  mutating func change(_ body: (inout GroupState) -> [GroupState.Action]) -> [GroupState.Action] { body(&state) }

  /// Keeps what a member came to.
  mutating func keep(_ record: JobRecord, at index: Int) {
    if ends[index] == nil { openCount -= 1 }
    ends[index] = record.status
    if named.contains(index) { results[record.id] = record }
  }
}

extension EngineState {
  /// Takes a group in whose jobs are recorded, and starts what may start. `given` are the records of jobs that its
  /// templates may name, though they are none of its own.
  mutating func take(
    _ group: LiveGroup, id: String, _ spec: GroupSpec, _ states: [JobState], given: [JobID: JobRecord],
    conflicts: ConflictGraph? = nil
  ) {
    var group = group
    group.results = given
    groups[id] = group
    groups[id]?.cancellations = cancellations
    let limit = spec.isSequential ? 1 : spec.maxConcurrency.map { max(1, $0) }
    if let limit { start(scheduler.setLimit(.group(id), limit)) }
    for (agent, limit) in spec.maxPerAgent { start(scheduler.setLimit(.groupAgent(id, agent), max(1, limit))) }
    govern(spec, id: id)
    let crowds = exclude(conflicts, group.ids, group: id)
    for (index, member) in spec.members.enumerated() {
      var job = LiveJob(member.spec, state: states[index], membership: LiveJob.Membership(group: id, index: index))
      let jobID = group.ids[index]
      precondition(jobs[jobID] == nil, "job \(jobID) is taken in a second time")
      job.intent = .durable
      job.given = member.given
      job.crowds = crowds[index]
      jobs[jobID] = job
      outbox.append(.notice(.changed(states[index].record)))
    }
    tickIfNeeded()
    if spec.conflictDetection != .off { registerPaths(of: group.ids, spec.members.map(\.spec)) }
    if let limit = group.timeLimit { outbox.append(.groupTimer(id, limit)) }
    if group.ids.isEmpty { return closeGroup(id) }
    perform(changeGroup(id) { $0.begin() }, in: id)
  }

  private mutating func changeGroup(
    _ id: String, _ change: (inout GroupState) -> [GroupState.Action]
  ) -> [GroupState.Action] {
    groups[id]?.change(change) ?? []
  }

  /// A member's end has been told.
  mutating func memberEnded(_ place: LiveJob.Membership, _ record: JobRecord) {
    groups[place.group]?.keep(record, at: place.index)
    let end: GroupState.TaskEnd =
      record.isSuccess ? .succeeded : record.reason == .condition ? .passedOver : .failed
    perform(changeGroup(place.group) { $0.taskEnded(place.index, end) }, in: place.group)
    mergeIfAlone(place.group)
    // A member that was skipped has ended for the others before its end is recorded.
    if groups[place.group]?.state.isOver == true, groups[place.group]?.openCount == 0 {
      closeGroup(place.group)
    }
  }

  /// A task's `when` has answered, or could not.
  mutating func answered(_ id: JobID, _ outcome: FunctionOutcome) {
    guard let job = jobs[id], job.phase == .asking, let place = job.membership else { return }
    if let wish = job.wish { return end(id, JobSentences.ended(by: wish, hadBegun: false)) }
    switch outcome {
    case .returned(let output, _):
      perform(
        changeGroup(place.group) { $0.answered(place.index, isWanted: output == Array("true".utf8)) }, in: place.group)
    case .raised(let message, _):
      end(id, .failed(.scriptError, error: "its when: \(Escaping.line(message, limit: 2_000))"))
    case .cancelled, .decided:
      end(id, .cancelled(by: "script", why: "the part of the script that it belongs to ended"))
    }
  }

  /// A job's last attempt failed beside others of its group, which is to try it once more alone. False: that is not so.
  mutating func deferToTheEnd(_ id: JobID, _ outcome: JobOutcome) -> Bool {
    guard let job = jobs[id], let place = job.membership, job.state.record.status == .running,
      outcome.status == .failed || outcome.status == .timedOut,
      groups[place.group]?.state.defers(place.index) == true
    else { return false }
    jobs[id]?.retry.allowOneMore()
    step(id, .retrying(outcome))
    jobs[id]?.phase = .deferred
    leavePool(id)
    perform(changeGroup(place.group) { $0.taskDeferred(place.index) }, in: place.group)
    return true
  }

  /// A job's work is over: it ends, unless it is not known yet whether it is wanted.
  mutating func finish(_ id: JobID, _ outcome: JobOutcome) {
    guard let job = jobs[id], let place = job.membership, job.wish == nil,
      groups[place.group]?.state.holds(place.index) == true
    else { return end(id, outcome) }
    if job.state.record.status == .running { step(id, .waiting(nil)) }
    jobs[id]?.heldOutcome = outcome
    jobs[id]?.phase = .held
    leavePool(id)
    perform(changeGroup(place.group) { $0.taskHeld(place.index) }, in: place.group)
  }

  /// A speculative job is wanted after all.
  private mutating func confirm(_ id: JobID) {
    guard let job = jobs[id] else { return }
    guard job.phase == .held, let outcome = job.heldOutcome else { return }
    // Nobody need hear of it: its end follows.
    if job.state.record.status == .waiting, let change = jobs[id]?.state.apply(.resumed, at: .now()) {
      outbox.append(.note(change))
    }
    end(id, outcome)
  }

  /// What has not begun in a group will not.
  mutating func stopGroup(_ id: String, _ wish: LiveJob.Wish) {
    perform(changeGroup(id) { $0.stop() }, in: id, wish)
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
    outbox.append(
      .notice(
        .warning(
          "80 % of the \(JobSentences.text(limit)) of group \(id) are used up, and \(group.openCount) of its tasks have not ended"
        )
      ))
  }

  /// A group has reached its time limit.
  mutating func groupTimeIsOver(_ id: String) {
    guard let group = groups[id], let limit = group.timeLimit else { return }
    cancelGroup(id, LiveJob.Wish(kind: .groupTimeout(limit), by: "group", reason: "the group's time limit was reached"))
  }

  private mutating func perform(_ actions: [GroupState.Action], in id: String, _ wish: LiveJob.Wish? = nil) {
    guard let group = groups[id], !actions.isEmpty else { return }
    // All of them stand in the line before the first starts.
    scheduler.gather()
    defer { start(scheduler.release()) }
    for action in actions {
      switch action {
      case .start(let index, let isSpeculative): start(group.ids[index], group, index, isSpeculative: isSpeculative)
      case .ask(let index): ask(group.ids[index])
      case .skip(let index, let cause):
        end(group.ids[index], skipped(cause, in: group, wish))
      case .cancel(let index, let because):
        let wish = LiveJob.Wish(
          kind: .failFast, by: "fail_fast", reason: "task '\(group.keys[because])' of its group failed first")
        cancel(group.ids[index], wish)
      case .confirm(let index): confirm(group.ids[index])
      case .revoke(let index, let cause):
        let (reason, text) = sentence(cause, in: group)
        cancel(group.ids[index], LiveJob.Wish(kind: .speculation(reason), by: "speculation", reason: text))
      case .goSequential:
        governors[.group(id)] = nil
        start(scheduler.setLimit(.group(id), 1))
      }
    }
  }

  private mutating func start(_ id: JobID, _ group: LiveGroup, _ index: Int, isSpeculative: Bool) {
    // Somebody may have cancelled it, and its end is on its way to the disk: the group hears of that in its turn.
    guard let job = jobs[id], [.blocked, .asking, .deferred].contains(job.phase) else { return }
    jobs[id]?.rank = group.rank(index, priority: job.priority + (isSpeculative ? Priority.speculation : 0))
    if job.state.record.status == .pending || job.phase == .deferred { step(id, .queued) }
    line(id)
  }

  private mutating func ask(_ id: JobID) {
    guard let job = jobs[id], job.phase == .blocked else { return }
    jobs[id]?.phase = .asking
    outbox.append(.ask(job.state.record))
  }

  private func skipped(_ cause: GroupState.SkipCause, in group: LiveGroup, _ wish: LiveJob.Wish?) -> JobOutcome {
    if case .stopped = cause { return JobSentences.ended(by: wish ?? lastWish, hadBegun: false) }
    let (reason, text) = sentence(cause, in: group)
    return .skipped(reason, error: "not started: \(text)")
  }

  private func sentence(_ cause: GroupState.SkipCause, in group: LiveGroup) -> (JobReason, String) {
    switch cause {
    case .dependency(let index):
      let how = group.ends[index]?.rawValue ?? "skipped"
      return (.dependencyFailed, "its dependency '\(group.keys[index])' ended as \(how)")
    case .passedOver(let index): return (.condition, "its dependency '\(group.keys[index])' was not wanted")
    case .condition: return (.condition, "its when said no")
    case .failFast(let index): return (.failFast, "task '\(group.keys[index])' of its group failed first")
    case .stopped: return (.cancelled, "its group was stopped")
    }
  }

  /// Every member's end has been told.
  private mutating func closeGroup(_ id: String) {
    guard let group = groups.removeValue(forKey: id) else { return }
    group.timer?.cancel()
    // Nobody counts against these any more.
    _ = scheduler.setLimit(.group(id), nil)
    governors[.group(id)] = nil
    toldOfLoad.remove(.group(id))
    for agent in Set(group.agents) { _ = scheduler.setLimit(.groupAgent(id, agent), nil) }
  }
}
