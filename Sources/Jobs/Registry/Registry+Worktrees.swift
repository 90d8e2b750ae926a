import GRDB

/// A worktree that nobody looks after: its run is over, or dead.
public struct LeftWorktree: Sendable, Hashable {
  /// The job that it was made for.
  public let job: JobID
  /// Its run.
  public let run: RunID
  /// How that was called; nil if it had no name, or was forgotten.
  public let name: String?
  /// How it ended; nil if it was forgotten.
  public let status: JobStatus?
  /// The worktree as it was recorded last.
  public let worktree: JobWorktree
}

// The jobs' worktrees.
extension Registry {
  /// Records worktrees as they are now, together and durably: one that is about to be made too, so that whatever happens
  /// somebody knows where it is.
  public func record(_ worktrees: [(job: JobID, run: RunID, worktree: JobWorktree)]) throws(RegistryError) {
    try write { database in
      for (job, run, worktree) in worktrees { try WorktreeRow.put(worktree, of: job, run: run, into: database) }
    }
  }

  /// Records what became of ended jobs' worktrees, and writes their `.json` and `.md` again. Returns the jobs as they are
  /// now, without those that the registry does not know.
  public func amend(
    _ worktrees: [(job: JobID, run: RunID, worktree: JobWorktree)], redaction: Redaction
  ) throws(RegistryError) -> [JobRecord] {
    try record(worktrees.map { ($0.job, $0.run, redaction.worktree($0.worktree)) })
    writer?.noteView()
    var records: [JobRecord] = []
    for (id, _, _) in worktrees { if let record = try job(id) { records.append(record) } }
    finisher?.writeViews(of: records.map(JobChange.init(amended:)), redaction: redaction)
    return records
  }

  /// The worktrees of runs that have ended, and were not seen to. Dead runs count once `reconcile` has found them.
  public func leftWorktrees() throws(RegistryError) -> [LeftWorktree] {
    let sql = """
      SELECT worktrees.job, worktrees.run, worktrees.record, jobs.name, jobs.status
      FROM worktrees LEFT JOIN jobs ON jobs.id = worktrees.job
      WHERE worktrees.stage <> 'settled' AND worktrees.run NOT IN (SELECT id FROM runs WHERE status = 'running')
      """
    return try read { database in
      try Array(
        Row.fetchCursor(database, sql: sql).compactMap { row in
          var columns = RowReader(row)
          let job = JobID(fromRegistry: columns.next())
          let run = RunID(fromRegistry: columns.next())
          let worktree: JobWorktree? = columns.json(empty: "", nil)
          let name: String? = columns.next()
          let status = columns.text().flatMap { JobStatus(rawValue: $0) }
          return worktree.map { LeftWorktree(job: job, run: run, name: name, status: status, worktree: $0) }
        })
    }
  }
}

extension JobChange {
  /// An ended job of which something became known afterwards: for its files, not for its row.
  init(amended record: JobRecord) { self.init(kind: .status, at: record.completedAt ?? .now(), record: record) }
}

/// A worktree as a row of the registry.
enum WorktreeRow {
  static func put(_ worktree: JobWorktree, of job: JobID, run: RunID, into database: Database) throws {
    try database.cachedStatement(
      sql: """
        INSERT INTO worktrees (job, run, stage, record) VALUES (?, ?, ?, ?)
        ON CONFLICT (job) DO UPDATE SET run = excluded.run, stage = excluded.stage, record = excluded.record
        """
    ).execute(arguments: [
      job.rawValue.databaseValue, run.rawValue.databaseValue, worktree.stage.rawValue.databaseValue,
      JobRow.text(worktree.json),
    ])
  }
}
