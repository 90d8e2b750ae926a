import GRDB

extension Registry {
  /// Ends the jobs of dead owners as `lost`, and their runs too; returns those jobs.
  ///
  /// An owner is dead if no process has its number, its time of start and its boot of the machine. Safe to call from any
  /// process at any time: each job is ended once, by whoever comes first. The records still say which process did the
  /// work; ending what may be left of it is the caller's.
  @discardableResult
  public func reconcile(at moment: Moment = .now()) throws(RegistryError) -> [JobRecord] {
    let orphans = try read { database in
      let live = "status = 'running' OR id IN (SELECT run FROM jobs WHERE reason IS NULL)"
      let runs = try RunRow.fetch(database, where: live, []).filter { !$0.owner.isAlive }
      return try runs.map { run in
        (
          run: run,
          jobs: try JobRow.fetch(database, where: "run = ? AND reason IS NULL ORDER BY key", [run.id.rawValue])
        )
      }
    }
    if orphans.isEmpty { return [] }
    guard let finisher else { throw openedForReading }
    let changes = orphans.flatMap { run, jobs in jobs.map { Registry.lost($0, of: run, at: moment) } }
    // The files are views; what could not be written does not keep a job from being told as lost.
    finisher.writeViews(of: changes)
    return try write { database in
      let ended = try changes.filter { change in
        // A job that somebody else ended in between keeps that end.
        if case .success = try ChangeSet([change]).apply(to: database, path: path) { true } else { false }
      }
      for (run, _) in orphans {
        try RunRow.end(run.id, status: .lost, exitCode: nil, at: moment.wall, in: database)
      }
      return ended.map(\.record)
    }
  }

  private static func lost(_ record: JobRecord, of run: RunRecord, at moment: Moment) -> JobChange {
    var outcome = JobOutcome.lost(
      error: "the process that ran it (\(run.owner.pid)) died before the job ended")
    if let extent = try? OutputReader(record).extent() { outcome.output = extent }
    var state = JobState(abandoned: record)
    return state.apply(.ended(outcome), at: moment)
  }
}
