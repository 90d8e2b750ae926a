import GRDB

/// What a pass over the long logs did.
struct CompressionReport: Sendable {
  var count = 0
  var savedBytes: Int64 = 0
  /// The first failure; the pass went on to the other logs.
  var problem: RegistryError?
}

extension Registry {
  /// Compresses the logs over 64 KiB of all runs that have ended; returns how many, and how many bytes that saved.
  ///
  /// Readers see no difference. A large log takes seconds. Throws the first failure after all logs were tried; a log that
  /// could not be compressed is as it was, and will be tried again.
  ///
  /// A process that has the registry open for writing does the same by itself in the background. A run that goes on keeps
  /// its plain files: its script, and the programs that it starts, may open them by their names.
  @discardableResult
  public func compressLogs() throws(RegistryError) -> (count: Int, savedBytes: Int64) {
    compression?.stop()
    let report = try compressLongLogs()
    if let problem = report.problem { throw problem }
    return (report.count, report.savedBytes)
  }

  /// Which logs wait for it.
  func longLogs() throws(RegistryError) -> [JobID] {
    let sql = """
      SELECT jobs.id FROM long_logs JOIN jobs ON jobs.key = long_logs.job JOIN runs ON runs.id = jobs.run
      WHERE runs.status <> 'running' ORDER BY jobs.key
      """
    return try read { try String.fetchAll($0, sql: sql) }.map { JobID(fromRegistry: $0) }
  }

  /// Compresses the logs that wait for it, one after the other, as long as `goesOn` says so.
  func compressLongLogs(while goesOn: @escaping () -> Bool = { true }) throws(RegistryError) -> CompressionReport {
    let compressor = LogCompressor(directory, while: goesOn)
    var report = CompressionReport()
    var done: [JobID] = []
    all: for id in try longLogs() {
      do throws(SystemCallError) {
        switch try compressor.compress(directory.file(.log, of: id)) {
        case .compressed(let savedBytes):
          report.count += 1
          report.savedBytes += savedBytes
          done.append(id)
        case .needless: done.append(id)
        case .busy: break
        case .stopped: break all
        }
      } catch {
        report.problem = report.problem ?? RegistryError(error)
      }
    }
    try forget(longLogs: done)
    return report
  }

  private func forget(longLogs ids: [JobID]) throws(RegistryError) {
    if ids.isEmpty { return }
    let sql = "DELETE FROM long_logs WHERE job = (SELECT key FROM jobs WHERE id = ?)"
    try write { database in
      let statement = try database.cachedStatement(sql: sql)
      for id in ids { try statement.execute(arguments: [id.rawValue]) }
    }
  }
}
