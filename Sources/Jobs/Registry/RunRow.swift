import FoundationEssentials
import GRDB

/// A run's record as a row of the registry.
enum RunRow {
  private static let columns =
    "id, script, arguments, cwd, started_at, ended_at, status, exit_code, owner_pid, owner_started, owner_boot"

  static func insert(_ run: RunRecord, into database: Database) throws {
    try database.execute(
      sql: "INSERT INTO runs (\(columns)) VALUES (?, ?, ?, ?, ?, NULL, 'running', NULL, ?, ?, ?)",
      arguments: [
        run.id.rawValue.databaseValue, JobRow.text(run.script), JobRow.json(run.arguments), JobRow.text(run.cwd),
        run.startedAt.milliseconds.databaseValue, run.owner.pid.databaseValue,
        Int64(bitPattern: run.owner.started).databaseValue, run.owner.boot.databaseValue,
      ])
  }

  static func end(
    _ id: RunID, status: RunStatus, exitCode: Int?, at time: Timestamp, in database: Database
  ) throws {
    try database.execute(
      sql: "UPDATE runs SET status = ?, exit_code = ?, ended_at = ? WHERE id = ? AND status = 'running'",
      arguments: [status.rawValue, exitCode, time.milliseconds, id.rawValue])
  }

  static func fetch(_ database: Database, where condition: String, _ arguments: StatementArguments) throws
    -> [RunRecord]
  {
    let sql = "SELECT \(columns) FROM runs WHERE \(condition)"
    let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments)
    return try Array(rows.map(record))
  }

  private static func record(from row: Row) -> RunRecord {
    var columns = RowReader(row)
    let id = RunID(fromRegistry: columns.next())
    let script = columns.text()
    let arguments: [String] = columns.json(empty: "[]", [])
    let cwd: String = columns.next()
    let startedAt = Timestamp(milliseconds: columns.next())
    let endedAt = columns.time()
    let status: RunStatus = columns.word()
    let exitCode: Int? = columns.next()
    let owner = ProcessIdentity(pid: columns.next(), started: columns.bits() ?? 0, boot: columns.next())
    var record = RunRecord(
      id: id, script: script, arguments: arguments, cwd: cwd, startedAt: startedAt, owner: owner)
    record.endedAt = endedAt
    record.status = status
    record.exitCode = exitCode
    return record
  }
}
