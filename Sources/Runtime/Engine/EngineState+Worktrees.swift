import Jobs

/// The worktree of a live job.
struct LiveWorktree: Sendable {
  var worktree: JobWorktree
  /// The folder in it that the job runs in.
  let folder: String
  /// The user's checkout, as the task's own folder names it.
  let checkout: String
  /// The jobs whose works it began with.
  let foundations: [JobID]
}

/// What the isolated tasks of a group have done so far.
struct GroupWorks: Sendable {
  /// The member that ended last: its end is recorded once the works are merged.
  struct Last: Sendable {
    let id: JobID
    let outcome: JobOutcome
    let moment: Moment
  }

  /// By the members' places.
  var finished: [Int: FinishedWork] = [:]
  /// For each affinity, the worktree that the next task of it takes over.
  var shared: [String: JobWorktree] = [:]
  var last: Last?

  /// In the order of the list.
  var inOrder: [FinishedWork] { finished.sorted { $0.key < $1.key }.map(\.value) }
}

extension EngineState {
  // MARK: The beginning

  /// The works that a job's worktree is to begin with, and the worktree that it takes over, if there is one.
  func foundations(of id: JobID) -> (works: [FinishedWork], former: JobWorktree?) {
    guard let job = jobs[id], let place = job.membership, let group = groups[place.group] else { return ([], nil) }
    let plan = group.state.plan
    var found: Set<Int> = []
    var seen: Set<Int> = []
    var line = plan.dependencies[place.index]
    while let next = line.popLast() {
      guard seen.insert(next).inserted else { continue }
      if let work = group.works.finished[next] {
        // What it is built on is in it.
        if work.isWhole { found.insert(next) }
      } else {
        line += plan.dependencies[next]
      }
    }
    let former = job.spec.affinity.flatMap { group.works.shared[$0] }
    if let former, let mate = group.works.finished.first(where: { $0.value.worktree.branch == former.branch }),
      mate.value.isWhole
    {
      found.insert(mate.key)
    }
    return (found.sorted().compactMap { group.works.finished[$0] }, former)
  }

  // MARK: The end

  /// Has an end recorded, after what the job did in its worktree is committed.
  mutating func settle(_ id: JobID, _ outcome: JobOutcome) {
    let moment = Moment.now()
    guard jobs[id]?.worktree != nil else { return conclude(id, outcome, moment) }
    jobs[id]?.isSettling = true
    outbox.append(.settle(id, outcome, moment))
  }

  /// A job's work is committed, or could not be.
  mutating func settled(_ id: JobID, _ outcome: JobOutcome, _ moment: Moment, _ work: FinishedWork) {
    guard let job = jobs[id] else { return }
    jobs[id]?.isSettling = false
    if let place = job.membership {
      groups[place.group]?.works.finished[place.index] = work
      if let affinity = job.spec.affinity {
        groups[place.group]?.works.shared[affinity] = work.worktree.hasFolder && work.isTakenOver ? work.worktree : nil
      }
    }
    var outcome = outcome
    outcome.worktree = work.worktree
    conclude(id, outcome, moment)
  }

  /// Whether a task that has not ended could take over the worktree of this job.
  func isShared(_ id: JobID) -> Bool {
    guard let job = jobs[id], let affinity = job.spec.affinity, let place = job.membership else { return false }
    return groups[place.group]?.ids.contains { other in
      guard other != id, let mate = jobs[other], mate.phase != .ending else { return false }
      return mate.spec.affinity == affinity && mate.spec.worktree != nil
    } ?? false
  }

  /// Has an end recorded, unless it is the last of a group whose works are to be merged first.
  private mutating func conclude(_ id: JobID, _ outcome: JobOutcome, _ moment: Moment) {
    guard let name = jobs[id]?.membership?.group, let group = groups[name], !group.works.finished.isEmpty,
      group.works.last == nil, group.ids.allSatisfy({ $0 == id || isDecided($0) })
    else { return record(id, outcome, at: moment) }
    groups[name]?.works.last = GroupWorks.Last(id: id, outcome: outcome, moment: moment)
    mergeIfAlone(name)
  }

  private func isDecided(_ id: JobID) -> Bool { jobs[id].map { $0.phase == .ending && !$0.isSettling } ?? true }

  /// Merges a group's works if all its members but the last have been told as ended: what becomes of their works is
  /// recorded after their ends.
  mutating func mergeIfAlone(_ name: String) {
    guard let group = groups[name], let last = group.works.last else { return }
    if group.ids.allSatisfy({ $0 == last.id || jobs[$0] == nil }) { outbox.append(.merge(group: name)) }
  }

  /// A group's works are merged, or it is known why not.
  mutating func merged(_ name: String, _ works: [FinishedWork], amended: [JobRecord]) {
    guard let last = groups[name]?.works.last else { return }
    for record in amended { outbox.append(.notice(.amended(record))) }
    var outcome = last.outcome
    if outcome.worktree != nil, let own = works.first(where: { $0.job == last.id }) { outcome.worktree = own.worktree }
    record(last.id, outcome, at: last.moment)
  }
}
