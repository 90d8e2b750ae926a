import GRDB

extension Registry {
  /// Ends, as `lost`, the live jobs of runs whose process is gone (by pid, start time and boot), and those runs; returns
  /// the jobs as they are now. Any process may do so at any time: a job is lost once, whoever finds it.
  ///
  /// Processes that such a job left behind are not touched.
  @discardableResult
  public func reconcile(at moment: Moment = .now()) throws(RegistryError) -> [JobRecord] {
    let running = try read { try RunRow.fetch($0, where: "status = 'running'", []) }
    let abandoned = running.filter { !$0.owner.isAlive }
    if abandoned.isEmpty { return [] }
    return try write { database in
      var lost: [JobRecord] = []
      for run in abandoned {
        for record in try JobRow.fetch(database, where: "run = ? AND reason IS NULL", [run.id.rawValue]) {
          var state = JobState(abandoned: record)
          let outcome = JobOutcome.lost(error: "process \(run.owner.pid), which ran it, died before the job ended")
          let change = state.apply(.ended(outcome), at: moment)
          try ChangeSet([change]).apply(to: database, path: path).get()
          lost.append(state.record)
        }
        try RunRow.end(run.id, status: .lost, exitCode: nil, at: moment.wall, in: database)
      }
      return lost
    }
  }
}
