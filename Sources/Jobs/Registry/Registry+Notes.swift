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

  /// Notes what a run says there is to do, instead of what it said before.
  public func note(todo items: [TodoItem], of run: RunID, at time: Timestamp = .now()) {
    writer?.later { database in
      try database.execute(
        sql: """
          INSERT INTO todos (run, at, items) VALUES (?, ?, ?)
          ON CONFLICT (run) DO UPDATE SET at = excluded.at, items = excluded.items
          """,
        arguments: [run.rawValue.databaseValue, time.milliseconds.databaseValue, JobRow.text(TodoItem.json(items))])
    }
  }

  /// What a run says there is to do; empty if it says nothing.
  public func todo(of run: RunID) throws(RegistryError) -> [TodoItem] {
    try read { database in
      let text = try String.fetchOne(
        database, sql: "SELECT items FROM todos WHERE run = ?", arguments: [run.rawValue])
      return text.map { TodoItem.list(fromJSON: $0) } ?? []
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
