import GRDB

// What a run tells of itself as a whole. Each becomes an event; none holds anybody up.
extension Registry {
  /// Notes that a part of the run's work began, the first time that it does.
  public func note(phase name: String, of run: RunID, at time: Timestamp = .now()) {
    writer?.later { database in
      try database.execute(
        sql: """
          INSERT OR IGNORE INTO phases (run, number, name, at)
          SELECT ?, coalesce(max(number), 0) + 1, ?, ? FROM phases WHERE run = ?
          """,
        arguments: [
          run.rawValue.databaseValue, JobRow.text(name), time.milliseconds.databaseValue,
          run.rawValue.databaseValue,
        ])
    }
  }

  /// The phases of a run, in the order in which they began.
  public func phases(of run: RunID) throws(RegistryError) -> [String] {
    try read { database in
      try String.fetchAll(
        database, sql: "SELECT name FROM phases WHERE run = ? ORDER BY number", arguments: [run.rawValue])
    }
  }
}
