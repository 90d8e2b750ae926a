import GRDB

/// Changes that the registry takes or refuses together.
struct ChangeSet {
  private let changes: [JobChange]

  init(_ changes: [JobChange]) { self.changes = changes }

  /// Applies them within the transaction that is open. A broken rule is a failure of these changes alone; any other
  /// error is thrown, and is one of the whole transaction.
  func apply(to database: Database, path: String) throws -> Result<Void, RegistryError> {
    if changes.count == 1 { return try result(of: changes[0], path: path) { try changes[0].apply(to: database) } }
    var refusal: RegistryError?
    try database.inSavepoint {
      for change in changes {
        if case .failure(let error) = try result(of: change, path: path, { try change.apply(to: database) }) {
          refusal = error
          return .rollback
        }
      }
      return .commit
    }
    return refusal.map { .failure($0) } ?? .success(())
  }

  private func result(
    of change: JobChange, path: String, _ body: () throws -> Bool
  ) throws -> Result<Void, RegistryError> {
    do {
      if try body() { return .success(()) }
      return .failure(RegistryError(.noSuchJob(change.record.id), context: path))
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      return .failure(RegistryError(change.refusal(error), context: path, underlying: error.message))
    }
  }
}

extension JobChange {
  /// Inserts or updates the job's row; false if there is none to update.
  fileprivate func apply(to database: Database) throws -> Bool {
    switch kind {
    case .submitted:
      try database.cachedStatement(sql: JobRow.insert).execute(arguments: JobRow.insertArguments(record, at: at))
      return true
    case .status, .progress:
      try database.cachedStatement(sql: JobRow.update).execute(arguments: JobRow.updateArguments(record, at: at))
      guard database.changesCount > 0 else { return false }
      if record.status.isTerminal, let worktree = record.worktree {
        try WorktreeRow.put(worktree, of: record.id, run: record.run, into: database)
      }
      return true
    }
  }

  /// What a broken constraint means for this change; the schema has one constraint for each.
  fileprivate func refusal(_ error: DatabaseError) -> RegistryError.Code {
    switch (kind, error.extendedResultCode) {
    case (.submitted, .SQLITE_CONSTRAINT_UNIQUE): .idTaken(record.id)
    case (.submitted, .SQLITE_CONSTRAINT_FOREIGNKEY): .noSuchRun(record.run)
    case (.status, .SQLITE_CONSTRAINT_TRIGGER), (.progress, .SQLITE_CONSTRAINT_TRIGGER): .alreadyEnded(record.id)
    default: .refused
    }
  }

  /// The positions of progress that a later report of the same job makes stale before anybody could have seen it.
  static func supersededProgress(in changes: [JobChange]) -> Set<Int> {
    var superseded: Set<Int> = []
    var reported: Set<JobID> = []
    for (index, change) in changes.enumerated().reversed() {
      if change.kind != .progress {
        reported.remove(change.record.id)
      } else if !reported.insert(change.record.id).inserted {
        superseded.insert(index)
      }
    }
    return superseded
  }
}
