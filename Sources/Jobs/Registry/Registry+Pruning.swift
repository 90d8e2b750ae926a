import GRDB

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension Registry {
  /// Removes an ended job: its files first, then its record, so that what a crash leaves can be removed again.
  ///
  /// Throws `noSuchJob` and `stillLive`. Its events stay until all older ones may go.
  public func remove(_ id: JobID) throws(RegistryError) {
    guard let record = try job(id) else { throw RegistryError(.noSuchJob(id), context: path) }
    guard record.status.isTerminal else { throw RegistryError(.stillLive(id), context: path) }
    try remove([id])
  }

  /// Ends jobs of dead owners, removes the ended jobs that the rule does not keep, compresses logs, and sweeps out what
  /// dead processes left. Never touches a live job or one of a run that goes on.
  ///
  /// May take long where logs are large; other processes go on meanwhile.
  public func prune(_ rule: PruneRule = .usual, now: Timestamp = .now()) throws(RegistryError) -> PruneReport {
    compression?.stop()
    try reconcile()
    var report = PruneReport()
    let candidates = try pruneCandidates(measured: rule.bytes != nil)
    let victims = rule.victims(of: candidates.free, now: now, others: candidates.heldBytes)
    for start in stride(from: victims.startIndex, to: victims.endIndex, by: 200) {
      let some = victims[start..<min(start + 200, victims.endIndex)].map(\.id)
      report.freedBytes += try remove(some)
      report.removed += some
    }
    try forgetOldRunsAndEvents(rule, now: now)
    sweepTemporaries(now: now)
    let compressed = try compressLongLogs()
    report.compressed = compressed.count
    report.freedBytes += compressed.savedBytes
    report.problem = compressed.problem
    return report
  }

  @discardableResult
  private func remove(_ ids: [JobID]) throws(RegistryError) -> Int64 {
    var freed: Int64 = 0
    do throws(SystemCallError) {
      // Else a log that is being compressed could come back.
      try FolderLock.hold(directory.jobsPath) { () throws(SystemCallError) in
        for id in ids {
          for kind in StateDirectory.JobFile.allCases {
            let file = directory.file(kind, of: id)
            let size = FileIO.storedBytes(at: file)
            guard unlink(file) == 0 || errno == ENOENT else { throw .last("unlink", file) }
            freed += size
          }
        }
      }
    } catch {
      throw RegistryError(error)
    }
    try write { database in
      let statement = try database.cachedStatement(sql: "DELETE FROM jobs WHERE id = ? AND reason IS NOT NULL")
      for id in ids { try statement.execute(arguments: [id.rawValue]) }
    }
    return freed
  }

  private func pruneCandidates(
    measured: Bool
  ) throws(RegistryError) -> (free: [PruneRule.Candidate], heldBytes: Int64) {
    let sql = """
      SELECT jobs.id, jobs.completed_at, jobs.reason IS NOT NULL AND runs.status <> 'running'
      FROM jobs JOIN runs ON runs.id = jobs.run ORDER BY jobs.completed_at, jobs.key
      """
    return try read { database in
      var free: [PruneRule.Candidate] = []
      var heldBytes: Int64 = 0
      let rows = try Row.fetchCursor(database, sql: sql)
      while let row = try rows.next() {
        var columns = RowReader(row)
        let id = JobID(fromRegistry: columns.next())
        let completedAt = columns.time()
        let bytes = measured ? bytesOnDisk(of: id) : 0
        if columns.next(), let completedAt {
          free.append(PruneRule.Candidate(id: id, completedAt: completedAt, bytes: bytes))
        } else {
          heldBytes += bytes
        }
      }
      return (free, heldBytes)
    }
  }

  private func bytesOnDisk(of id: JobID) -> Int64 {
    StateDirectory.JobFile.allCases.reduce(0) { $0 + FileIO.storedBytes(at: directory.file($1, of: id)) }
  }

  private func forgetOldRunsAndEvents(_ rule: PruneRule, now: Timestamp) throws(RegistryError) {
    let age = (rule.age ?? PruneRule.usual.age ?? .zero).components.seconds * 1000
    try write { database in
      try database.execute(
        sql: "DELETE FROM runs WHERE ended_at < ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.run = runs.id)",
        arguments: [now.milliseconds - age])
      try forgetDurations(before: Timestamp(milliseconds: now.milliseconds - age), in: database)
      // From the lower end only, so that the numbers of those that stay have no gap.
      let oldest = try Int64.fetchOne(
        database,
        sql: "SELECT sequence FROM events WHERE job IN (SELECT key FROM jobs) ORDER BY sequence LIMIT 1")
      try database.execute(sql: "DELETE FROM events WHERE sequence < ?", arguments: [oldest ?? Int64.max])
    }
  }

  /// Removes temporary files whose writer must be dead by their age.
  private func sweepTemporaries(now: Timestamp) {
    let hour: Int64 = 3_600_000
    let folders = [
      (directory.jobsPath, TemporaryFile.prefix), (directory.path, TemporaryFile.prefix),
      (directory.path, RegistryFile.temporaryPrefix),
    ]
    for (folder, prefix) in folders {
      for name in FileIO.names(in: folder) where name.hasPrefix(prefix) {
        let file = folder + "/" + name
        guard let changed = FileIO.changeTime(of: file), changed < now.milliseconds - hour else { continue }
        unlink(file)
      }
    }
  }
}
