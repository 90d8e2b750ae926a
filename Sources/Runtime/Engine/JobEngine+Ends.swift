import Clocks
import Jobs

// Ends on their way to the disk, and times of waiting.
extension JobEngine {
  /// Records an end; when it is durable, everybody hears of it.
  func recordEnd(_ finished: FinishedJob) {
    let record = finished.change.record
    registry.finish(finished) { [self] result in
      switch result {
      case .success: perform { $0.ended(record.id, record) }
      case .failure(let error): Task { await insist(on: finished, after: error) }
      }
    }
  }

  /// Tries again to record an end while that may help, then gives the job up as lost.
  private func insist(on finished: FinishedJob, after first: RegistryError) async {
    let id = finished.change.record.id
    var patience = StorageBackoff()
    var error = first
    // A job whose intent the disk refused is unknown to the registry.
    if case .noSuchJob = error.code, let refused = look({ $0.jobs[id]?.intentError }) { error = refused }
    while let pause = patience.pause(after: error) {
      // Never cancelled: the live job waits for this.
      try? await Task.pause(for: pause)
      do throws(RegistryError) {
        if look({ $0.jobs[id]?.intentError }) != nil {
          let submission = look { $0.jobs[id]?.state.submission }
          if let submission { try await registry.commit([submission]) }
          perform { $0.jobs[id]?.intent = .durable }
        }
        try await registry.finish([finished])
        perform { $0.ended(id, finished.change.record) }
        return
      } catch let again {
        error = again
      }
    }
    // Somebody else may have found that the job was over: then that is the truth.
    if case .alreadyEnded = error.code, let record = try? registry.job(id), record.status.isTerminal {
      perform { $0.ended(id, record) }
    } else {
      perform { [error] in $0.lose(finished, because: error) }
    }
  }

  /// Waits for the time between two attempts.
  func rest(_ id: JobID, _ time: Duration) {
    let timer = Task {
      do {
        try await MonotonicTime.sleep(for: time)
        perform { $0.restIsOver(id) }
      } catch {
        // Cancelled: the job has been ended.
      }
    }
    perform { state in
      if state.jobs[id]?.phase == .resting { state.jobs[id]?.timer = timer } else { timer.cancel() }
    }
  }

  /// Ends a group when its time is over.
  func startTimer(ofGroup id: String, _ time: Duration) {
    let timer = Task {
      do {
        try await MonotonicTime.sleep(for: time * 0.8)
        perform { $0.warnGroup(id) }
        try await MonotonicTime.sleep(for: time * 0.2)
        perform { $0.groupTimeIsOver(id) }
      } catch {
        // Cancelled: the group has ended.
      }
    }
    perform { state in
      if state.groups[id] != nil { state.groups[id]?.timer = timer } else { timer.cancel() }
    }
  }
}
