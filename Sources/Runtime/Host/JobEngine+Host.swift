internal import Dispatch
internal import Jobs

// What the script host asks of the engine beside starting and cancelling.
extension JobEngine {
  /// Adds a line to the log of a job whose function runs; of any other job, nothing happens.
  func log(_ id: JobID, line: [UInt8]) {
    let isFunction = look { state in
      state.jobs[id].map { $0.phase == .active && $0.spec.kind == .function } ?? false
    }
    // A log that cannot be written is told at the job's end, where the disk is asked again.
    if isFunction { try? outputFile(of: id).append(look { $0.redaction }.bytes(line) + [0x0A]) }
  }

  /// Ends all processes of the run without a time of grace, and waits until they are gone and their ends recorded, for
  /// a quarter of a second at most: the process is about to end. Blocks the calling thread, which must not be one of the
  /// concurrency pool.
  func killAll() {
    cancelAll(by: "agentscript", reason: "the run was ended at once", atOnce: true)
    let isOver = DispatchSemaphore(value: 0)
    Task {
      await drain()
      isOver.signal()
    }
    _ = isOver.wait(timeout: .now() + .milliseconds(250))
  }
}
