import GRDB

// Questions to people. The first answer counts, whichever process it comes from.
extension Registry {
  /// Puts a question to people; it is durable when this returns.
  public func ask(_ decision: DecisionRecord) throws(RegistryError) {
    try write { try DecisionRow.insert(decision, into: $0) }
    writer?.noteView()
  }

  /// Settles a question, if nobody has. Returns it as it is then, and whether this call settled it; nil if there is no such
  /// question. `answer` is what `DecisionRecord.meaning(of:)` gave.
  public func settle(
    _ id: DecisionID, as status: DecisionRecord.Status, answer: String?, by: String?, at time: Timestamp = .now()
  ) throws(RegistryError) -> (record: DecisionRecord, isFirst: Bool)? {
    precondition((status == .answered || status == .default) == (answer != nil), "\(status) and its answer")
    let settled = try write { database -> (record: DecisionRecord, isFirst: Bool)? in
      try database.execute(
        sql: """
          UPDATE decisions SET status = ?, answered_at = ?, answer = ?, answered_by = ?
          WHERE id = ? AND answered_at IS NULL
          """,
        arguments: [
          status.rawValue.databaseValue, time.milliseconds.databaseValue, JobRow.text(answer), JobRow.text(by),
          id.rawValue.databaseValue,
        ])
      let isFirst = database.changesCount > 0
      return try DecisionRow.fetch(database, where: "id = ?", [id.rawValue]).first.map { ($0, isFirst) }
    }
    writer?.noteView()
    return settled
  }

  /// Nobody waits for these answers any more: those of them that are open and not parked are withdrawn. Held up by nothing.
  public func withdraw(_ ids: [DecisionID], at time: Timestamp = .now()) {
    writer?.later { database in
      for id in ids {
        try database.execute(
          sql: """
            UPDATE decisions SET status = 'withdrawn', answered_at = ?
            WHERE id = ? AND answered_at IS NULL AND is_parked = 0
            """,
          arguments: [time.milliseconds, id.rawValue])
      }
    }
  }

  /// Keeps the open questions of a run open beyond its end, and returns them.
  public func park(run: RunID) throws(RegistryError) -> [DecisionRecord] {
    let parked = try write { database in
      try database.execute(
        sql: "UPDATE decisions SET is_parked = 1 WHERE run = ? AND answered_at IS NULL", arguments: [run.rawValue])
      return try DecisionRow.fetch(
        database, where: "run = ? AND answered_at IS NULL ORDER BY key", [run.rawValue])
    }
    writer?.noteView()
    return parked
  }

  /// One question, or nil if there is none with that id.
  public func decision(_ id: DecisionID) throws(RegistryError) -> DecisionRecord? {
    try read { try DecisionRow.fetch($0, where: "id = ?", [id.rawValue]).first }
  }

  /// Questions: the open ones in the order in which they were asked, or the settled ones, the latest first; of one run if
  /// given, at most `limit`.
  public func decisions(
    open isOpen: Bool, run: RunID? = nil, limit: Int? = nil
  ) throws(RegistryError) -> [DecisionRecord] {
    var query = Query()
    query.require(isOpen ? "answered_at IS NULL" : "answered_at IS NOT NULL")
    query.require("run = ?", run?.rawValue)
    query.finish(order: isOpen ? "key" : "answered_at DESC, key DESC", limit: limit, offset: 0)
    return try read { try DecisionRow.fetch($0, where: query.text, query.arguments) }
  }
}

/// A decision as a row of the registry.
enum DecisionRow {
  private static let columns = """
    id, run, question, asked_at, job, origin, options, default_answer, blocking, due_at, is_parked, status, answered_at,
    answer, answered_by
    """

  static func insert(_ decision: DecisionRecord, into database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO decisions (id, run, question, asked_at, job, origin, options, default_answer, blocking, due_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        decision.id.rawValue.databaseValue, decision.run.rawValue.databaseValue, JobRow.text(decision.question),
        decision.askedAt.milliseconds.databaseValue, JobRow.text(decision.job?.rawValue),
        JobRow.text(decision.origin), JobRow.json(decision.options), JobRow.text(decision.defaultAnswer),
        JobRow.json(decision.blocking), decision.dueAt?.milliseconds.databaseValue ?? .null,
      ])
  }

  static func fetch(_ database: Database, where condition: String, _ arguments: StatementArguments) throws
    -> [DecisionRecord]
  {
    let sql = "SELECT \(columns) FROM decisions WHERE \(condition)"
    return try Array(Row.fetchCursor(database, sql: sql, arguments: arguments).map(record))
  }

  private static func record(from row: Row) -> DecisionRecord {
    var columns = RowReader(row)
    var record = DecisionRecord(
      id: DecisionID(fromRegistry: columns.next()), run: RunID(fromRegistry: columns.next()), question: columns.next(),
      askedAt: Timestamp(milliseconds: columns.next()))
    record.job = columns.text().map { JobID(fromRegistry: $0) }
    record.origin = columns.next()
    record.options = columns.json(empty: "[]", [])
    record.defaultAnswer = columns.next()
    record.blocking = columns.json(empty: "[]", [])
    record.dueAt = columns.time()
    record.isParked = columns.next()
    record.status = columns.word()
    record.answeredAt = columns.time()
    record.answer = columns.next()
    record.answeredBy = columns.next()
    return record
  }
}
