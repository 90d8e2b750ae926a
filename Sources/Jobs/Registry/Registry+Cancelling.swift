import GRDB

/// A wish that a job be cancelled, put down for the job's owner.
public struct CancelRequest: Sendable, Hashable {
  /// The job.
  public let job: JobID
  /// Who asked.
  public let by: String
  /// Why.
  public let reason: String
  /// When.
  public let at: Timestamp
  /// Whether only the job's first process is to end, and its children may go on until the run ends.
  public let keepsChildren: Bool
}

extension Registry {
  /// Asks the owner of a job, whichever process it is, to cancel it; returns at once.
  ///
  /// Asking twice is the same as asking once: the first wish stands. Throws `noSuchJob`, and `alreadyEnded` for a job that
  /// has. Whether the owner still lives is not looked at: see `reconcile`.
  public func requestCancel(
    _ id: JobID, by: String, reason: String, keepsChildren: Bool = false, at time: Timestamp = .now()
  ) throws(RegistryError) {
    try write { database in
      let key = try liveKey(of: id, in: database)
      try database.execute(
        sql: """
          INSERT INTO cancel_requests (job, at, asked_by, why, keep_children) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT DO NOTHING
          """,
        arguments: [
          key.databaseValue, time.milliseconds.databaseValue, JobRow.text(by), JobRow.text(reason),
          keepsChildren.databaseValue,
        ])
    }
  }

  /// What the jobs of a run were asked, oldest wish first. A wish goes when its job ends.
  public func pendingCancelRequests(run: RunID) throws(RegistryError) -> [CancelRequest] {
    let sql = """
      SELECT jobs.id, cancel_requests.asked_by, cancel_requests.why, cancel_requests.at,
        cancel_requests.keep_children
      FROM cancel_requests JOIN jobs ON jobs.key = cancel_requests.job
      WHERE jobs.run = ? ORDER BY cancel_requests.at, jobs.key
      """
    return try read { database in
      try Array(
        Row.fetchCursor(database, sql: sql, arguments: [run.rawValue]).map { row in
          var columns = RowReader(row)
          return CancelRequest(
            job: JobID(fromRegistry: columns.next()), by: columns.next(), reason: columns.next(),
            at: Timestamp(milliseconds: columns.next()), keepsChildren: columns.next())
        })
    }
  }

  private func liveKey(of id: JobID, in database: Database) throws -> Int64 {
    let row = try Row.fetchOne(
      database, sql: "SELECT key, reason IS NULL FROM jobs WHERE id = ?", arguments: [id.rawValue])
    guard let row else { throw RegistryError(.noSuchJob(id), context: path) }
    guard row[1] else { throw RegistryError(.alreadyEnded(id), context: path) }
    return row[0]
  }
}
