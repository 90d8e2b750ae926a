import GRDB

extension Registry {
  /// One job, or nil if there is none with that id.
  public func job(_ id: JobID) throws(RegistryError) -> JobRecord? {
    try read { database in
      try JobRow.fetch(database, where: "id = ?", [id.rawValue]).first
    }
  }

  /// The jobs that the filter wants.
  public func jobs(_ filter: JobFilter = JobFilter()) throws(RegistryError) -> [JobRecord] {
    var query = Query()
    query.require("run = ?", filter.run?.rawValue)
    query.require("job_group = ?", filter.group)
    query.require("parent = ?", filter.parent?.rawValue)
    query.require("phase = ?", filter.phase)
    query.require("topic = ?", filter.topic)
    for (name, value) in filter.labels.sorted(by: { $0.key < $1.key }) {
      query.require("EXISTS (SELECT 1 FROM json_each(labels) WHERE key = ? AND value = ?)", [name, value])
    }
    if let isLive = filter.isLive { query.require(isLive ? "reason IS NULL" : "reason IS NOT NULL") }
    if let statuses = filter.statuses {
      let marks = statuses.map { _ in "?" }.joined(separator: ", ")
      query.require("status IN (\(marks))", statuses.map(\.rawValue))
    }
    query.finish(
      order: filter.order == .oldestFirst ? "key" : "key DESC", limit: filter.limit, offset: filter.offset)
    return try read { try JobRow.fetch($0, where: query.text, query.arguments) }
  }

  /// One run, or nil if there is none with that id.
  public func run(_ id: RunID) throws(RegistryError) -> RunRecord? {
    try read { try RunRow.fetch($0, where: "id = ?", [id.rawValue]).first }
  }

  /// The runs, newest first, at most `limit`.
  public func runs(limit: Int? = nil) throws(RegistryError) -> [RunRecord] {
    var query = Query()
    query.finish(order: "started_at DESC, rowid DESC", limit: limit, offset: 0)
    return try read { try RunRow.fetch($0, where: query.text, query.arguments) }
  }

  /// The events after `sequence`, in order, at most `limit`; of one run or of one job if given.
  ///
  /// Without a run or a job their numbers follow each other without a gap. Events of removed jobs go with time, oldest
  /// first: see `firstSequence`.
  public func events(
    since sequence: Int64, run: RunID? = nil, job: JobID? = nil, limit: Int = 1000
  ) throws(RegistryError) -> [EventRecord] {
    var query = Query()
    query.require("sequence > ?", sequence)
    query.require("run = ?", run?.rawValue)
    if let job { query.require("job IN (SELECT key FROM jobs WHERE id = ?)", job.rawValue) }
    query.finish(order: "sequence", limit: limit, offset: 0)
    return try read { try EventRow.fetch($0, where: query.text, query.arguments) }
  }

  /// The number of the last event that ever was; zero before the first.
  public func latestSequence() throws(RegistryError) -> Int64 {
    try read { try Int64.fetchOne($0, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'events'") ?? 0 }
  }

  /// The number of the oldest event that is still there; nil if none is.
  public func firstSequence() throws(RegistryError) -> Int64? {
    try read { try Int64.fetchOne($0, sql: "SELECT min(sequence) FROM events") }
  }

  /// A number that differs from the one before whenever anything was committed in between, by whatever process.
  ///
  /// Costs a few microseconds: made for polling. It says nothing about what changed.
  public func dataVersion() throws(RegistryError) -> Int64 {
    try readRaw { try Int64.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
  }

  /// Says that the file is sound, or what SQLite's integrity check found. Reads all of it, but for what indexes hold if
  /// `isQuick`.
  public func integrityProblems(isQuick: Bool = false) throws(RegistryError) -> [String] {
    try readRaw { database in
      let found = try String.fetchAll(database, sql: isQuick ? "PRAGMA quick_check" : "PRAGMA integrity_check")
      let broken = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check")
      return found.filter { $0 != "ok" } + broken.map { "a foreign key is broken: \($0.description)" }
    }
  }
}

/// The condition of a query as it comes together.
struct Query {
  private(set) var text = "1"
  private(set) var arguments = StatementArguments()

  /// Adds a condition with one value; a nil value asks for nothing.
  mutating func require(_ condition: String, _ value: (some DatabaseValueConvertible)?) {
    guard let value else { return }
    require(condition, [value])
  }

  mutating func require(_ condition: String, _ values: [some DatabaseValueConvertible] = [String]()) {
    text += " AND \(condition)"
    arguments += StatementArguments(values)
  }

  mutating func finish(order: String, limit: Int?, offset: Int) {
    text += " ORDER BY \(order) LIMIT ? OFFSET ?"
    arguments += StatementArguments([limit.map { max($0, 0) } ?? -1, max(offset, 0)])
  }
}

/// An event as a row of the registry.
enum EventRow {
  private static let columns =
    "sequence, kind, job_id, run, at, status, reason, attempt, pid, progress, text"

  static func fetch(_ database: Database, where condition: String, _ arguments: StatementArguments) throws
    -> [EventRecord]
  {
    let sql = "SELECT \(columns) FROM events WHERE \(condition)"
    return try Array(Row.fetchCursor(database, sql: sql, arguments: arguments).map(record))
  }

  private static func record(from row: Row) -> EventRecord {
    var columns = RowReader(row)
    let sequence: Int64 = columns.next()
    let kind = EventRecord.Kind(word: columns.next())
    let job: String = columns.next()
    let run = RunID(fromRegistry: columns.next())
    let at = Timestamp(milliseconds: columns.next())
    let status: JobStatus = columns.word()
    return EventRecord(
      sequence: sequence, kind: kind, job: job.isEmpty ? nil : JobID(fromRegistry: job), run: run, at: at,
      status: job.isEmpty ? nil : status,
      reason: columns.text().flatMap { JobReason(rawValue: $0) }, attempt: columns.next(), pid: columns.next(),
      progress: columns.next(), text: columns.text())
  }
}
