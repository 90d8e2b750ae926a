import GRDB

extension Registry {
  /// How long tasks are to be expected to take, in milliseconds, by what tasks of the same name and command took in earlier
  /// runs of this folder; nil where nothing is known. In the order of `tasks`.
  ///
  /// Name and command are meant as a job's record has them: the command as it is shown, without secrets. Remembered are jobs
  /// that succeeded and took 50 ms at least. One statement serves all: ten thousand tasks take some ten milliseconds.
  public func expectedDurations(of tasks: [(name: String?, command: String?)]) throws(RegistryError) -> [Int?] {
    if tasks.isEmpty { return [] }
    let sql = "SELECT mean_ms FROM durations WHERE task = \(Schema.identity(name: "?1", command: "?2"))"
    return try read { database in
      let statement = try database.cachedStatement(sql: sql)
      return try tasks.map { task in
        if task.name == nil, task.command == nil { return nil }
        let arguments = StatementArguments([JobRow.text(task.name), JobRow.text(task.command)])
        return try Double.fetchOne(statement, arguments: arguments).map { Int($0.rounded()) }
      }
    }
  }

  /// Of tasks that nobody has run for long nothing is kept, nor of more than this many.
  private static let mostDurations = 20_000

  /// Forgets durations last seen before `time`, and the oldest of too many.
  func forgetDurations(before time: Timestamp, in database: Database) throws {
    try database.execute(sql: "DELETE FROM durations WHERE seen_at < ?", arguments: [time.milliseconds])
    try database.execute(
      sql: """
        DELETE FROM durations
        WHERE seen_at < (SELECT seen_at FROM durations ORDER BY seen_at DESC LIMIT 1 OFFSET \(Registry.mostDurations))
        """)
  }
}
