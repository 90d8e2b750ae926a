import Jobs

// Jobs in worktrees of their own: what is done before their first attempt and after their last.
extension JobEngine {
  /// Makes the job's worktree, if it is to have one and has none yet. Returns the job as it is then; nil if it has been
  /// ended.
  func withWorktree(_ job: LiveJob) async -> LiveJob? {
    guard let merge = job.spec.worktree, job.worktree == nil else { return job }
    let record = job.state.record
    let (works, former) = look { $0.foundations(of: record.id) }
    let folder = record.cwd ?? "."
    let order = Worktrees.Order(
      job: record.id, name: record.name ?? record.id.rawValue, folder: folder, merge: merge,
      foundations: works.map(\.foundation), former: former)
    var draft: Worktrees.Draft?
    do throws(GitFault) {
      var made = try await worktrees.draft(order)
      draft = made
      try note(made.worktree, of: record.id)
      try await worktrees.make(&made)
      if let warning = made.warning { perform { $0.outbox.append(.notice(.warning(warning))) } }
      let live = LiveWorktree(
        worktree: made.worktree, folder: made.folder, checkout: made.checkout(named: folder),
        foundations: works.map(\.job))
      perform { $0.jobs[record.id]?.worktree = live }
    } catch {
      var outcome = JobOutcome.failed(.spawnFailed, error: "not started: no worktree: \(error)")
      outcome.worktree = draft?.worktree.withdrawn
      perform { [outcome] in $0.end(record.id, outcome) }
      return nil
    }
    return perform { $0.attemptBegins(record.id) }
  }

  /// Writes down that a worktree may be there from now on.
  private func note(_ worktree: JobWorktree, of id: JobID) throws(GitFault) {
    do throws(RegistryError) { try registry.record([(id, run.id, worktree)]) } catch {
      throw GitFault("it could not be recorded: \(error)")
    }
  }

  /// Commits what a job did, and merges it if it stands alone.
  func settle(_ id: JobID, _ outcome: JobOutcome, _ moment: Moment) async {
    let (job, isShared) = look { ($0.jobs[id], $0.isShared(id)) }
    guard let job, let live = job.worktree else { return }
    let record = job.state.record
    var outcome = outcome
    var work: FinishedWork
    do throws(GitFault) {
      work = try await worktrees.settle(
        live.worktree, record, status: outcome.status, patch: registry.directory.file(.patch, of: id),
        isShared: isShared, declared: job.declares(in: live))
      work.foundations = live.foundations
      work.isWhole = outcome.status == .completed
      work.isTakenOver = isShared
      if job.membership == nil { work = await worktrees.merge([work])[0] }
    } catch {
      work = FinishedWork(job: id, name: record.name ?? id.rawValue, worktree: live.worktree, files: [])
      work.worktree.stage = .settled
      work.worktree.add(note: "its work could not be committed, and is left as it is: \(error)")
      if outcome.status == .completed {
        let failed = JobOutcome.failed(
          .outputLimit, error: "its work could not be committed: \(error)", exitCode: outcome.exitCode,
          data: outcome.data)
        outcome = failed.with(outcome)
      }
    }
    perform { [outcome, work] in $0.settled(id, outcome, moment, work) }
  }

  /// Merges what the tasks of a group did, all of which have ended but one whose end waits for this.
  func merge(group name: String) async {
    let (works, shared, isCancelled) = look { state in
      let group = state.groups[name]
      return (
        group?.works.inOrder ?? [], group.map { Array($0.works.shared.values) } ?? [],
        group.map { $0.cancellations != state.cancellations } ?? false
      )
    }
    var merged = isCancelled ? works.map(\.leftAlone) : await worktrees.merge(works)
    for worktree in shared where worktree.hasFolder {
      await worktrees.removeFolder(of: worktree)
      for index in merged.indices where merged[index].worktree.path == worktree.path {
        merged[index].worktree.hasFolder = false
      }
    }
    let last = look { $0.groups[name]?.works.last?.id }
    let changed = zip(works, merged).filter { $0.worktree != $1.worktree && $1.job != last }.map(\.1)
    let amended = amend(changed)
    perform { [merged] in $0.merged(name, merged, amended: amended) }
  }

  /// Records what became of the works of jobs that have ended.
  private func amend(_ works: [FinishedWork]) -> [JobRecord] {
    guard !works.isEmpty else { return [] }
    let redaction = look { $0.redaction }
    do throws(RegistryError) {
      return try registry.amend(works.map { ($0.job, run.id, $0.worktree) }, redaction: redaction)
    } catch {
      let names = works.map { "'\($0.name)'" }.joined(separator: ", ")
      let sentence = "what became of the work of \(names) could not be recorded: \(error)"
      perform { $0.outbox.append(.notice(.warning(sentence))) }
      return []
    }
  }
}

extension LiveJob {
  /// Which changed files the task said it would write; nil if it said nothing of that.
  fileprivate func declares(in live: LiveWorktree) -> (@Sendable ([UInt8]) -> Bool)? {
    let patterns = spec.access.writes
    if patterns.isEmpty { return nil }
    let top = AbsolutePath(live.checkout).text
    return { file in
      let path = "\(top)/\(GitTalk.text(file))"
      return patterns.contains { $0.matches(path) }
    }
  }

  /// The changes to the environment that its processes get. In a worktree of its own, nothing leads git to another place.
  var environmentChanges: [String: String?] {
    guard worktree != nil else { return spec.environment }
    let local = GitCommand.localVariables.map { ($0, String?.none) }
    return Dictionary(local) { first, _ in first }.merging(spec.environment) { $1 }
  }

  /// The folder that its processes run in.
  var workingFolder: String? { worktree?.folder ?? folder ?? state.record.cwd }
}

extension JobOutcome {
  /// The same with what another had to say of the output.
  fileprivate func with(_ other: JobOutcome) -> JobOutcome {
    var outcome = self
    outcome.output = other.output
    outcome.leaked = other.leaked
    outcome.usage = other.usage
    return outcome
  }
}
