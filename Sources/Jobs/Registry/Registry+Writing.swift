import GRDB

extension Registry {
  /// Records that a run began. Throws `runTaken` if the id is used: draw another.
  public func begin(run: RunRecord) throws(RegistryError) {
    do throws(RegistryError) {
      try write { try RunRow.insert(run, into: $0) }
    } catch  where error.code == .refused {
      throw RegistryError(.runTaken(run.id), context: path, underlying: error.underlying)
    }
  }

  /// Records how a run ended. Its jobs must have ended before; a run that has ended already is left as it is.
  public func end(
    run id: RunID, status: RunStatus, exitCode: Int?, at time: Timestamp = .now()
  ) throws(RegistryError) {
    precondition(status.isTerminal, "run \(id) cannot end as \(status.rawValue)")
    try write { database in try RunRow.end(id, status: status, exitCode: exitCode, at: time, in: database) }
    // A process that closes the registry now leaves them to the next one.
    compression?.schedule(for: self)
  }

  /// Queues changes, which the registry takes or refuses together; `completion` runs on the writer's thread once they
  /// are durable or refused, and must be short.
  public func commit(
    _ changes: [JobChange], completion: @escaping @Sendable (Result<Void, RegistryError>) -> Void
  ) {
    guard let writer else { return completion(.failure(openedForReading)) }
    writer.submit(WriteRequest(changes: changes, completion: completion))
  }

  /// Records changes together, and returns once they are durable.
  ///
  /// Throws `idTaken`, `alreadyEnded`, `noSuchJob` or `noSuchRun` when a change may not be, and then none of them is made.
  public func commit(_ changes: [JobChange]) async throws(RegistryError) {
    let result = await withCheckedContinuation { continuation in
      commit(changes) { continuation.resume(returning: $0) }
    }
    try result.get()
  }

  /// Records changes that nobody waits for, as a process's start or a report of progress: with the next transaction, or
  /// within about 10 ms. In order with all other changes. What a full disk refuses is tried again with the next
  /// transaction; what a rule refuses is dropped.
  public func note(_ changes: [JobChange]) { writer?.note(changes) }

  /// Writes an ended job down: the last markers of its log, `.json` and `.md`, all durable, then the registry's row.
  ///
  /// `completion` runs once, on a thread of the registry's, when everything is durable or something failed; it must be
  /// short. On `diskFull` nothing is recorded: the job still lives in the registry, and the same call may be made again.
  public func finish(
    _ job: FinishedJob, completion: @escaping @Sendable (Result<Void, RegistryError>) -> Void
  ) {
    guard let finisher else { return completion(.failure(openedForReading)) }
    finisher.finish(job, completion)
  }

  /// Writes ended jobs down, and returns once all are durable. Jobs of other callers share their batches.
  ///
  /// Throws the first error after all were tried; the jobs are independent of each other.
  public func finish(_ jobs: [FinishedJob]) async throws(RegistryError) {
    let results = await withTaskGroup(of: Result<Void, RegistryError>.self) { group in
      for job in jobs {
        group.addTask {
          await withCheckedContinuation { continuation in
            self.finish(job) { continuation.resume(returning: $0) }
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    for result in results { try result.get() }
  }
}
