import Clocks
import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

// The output files of live jobs.
extension JobEngine {
  /// Why a job's output has nowhere to go.
  struct OutputFault: Error {
    let sentence: String

    init(_ error: SystemCallError) {
      let isFull = error.number == ENOSPC || error.number == EDQUOT
      var info = statvfs()
      let folder = error.path.lastIndex(of: "/").map { String(error.path[..<$0]) } ?? "."
      if isFull, statvfs(folder, &info) == 0 {
        let free = UInt64(info.f_bavail) * UInt64(info.f_frsize)
        sentence = "the disk is full: \(error.path) could not be written (\(free) bytes are free)"
      } else {
        sentence = "the output file could not be written: \(error)"
      }
    }
  }

  /// The job's output file, made if it has none yet, and where this attempt's output begins. Waits for descriptors that
  /// others will give back.
  func openOutput(_ id: JobID) async -> Result<(OutputFile, Int), OutputFault> {
    var patience = SpawnPatience()
    while true {
      do throws(SystemCallError) {
        let output = try outputFile(of: id)
        return .success((output, try output.size()))
      } catch {
        guard let pause = patience.pause(after: error.number) else { return .failure(OutputFault(error)) }
        // Never cancelled: see EngineState.Effect.attempt.
        try? await Task.pause(for: pause)
      }
    }
  }

  /// The output file of a live job, made now if it has none yet.
  func outputFile(of id: JobID) throws(SystemCallError) -> OutputFile {
    let (known, record) = look { ($0.jobs[id]?.output, $0.jobs[id]?.state.record) }
    if let known { return known }
    guard let record, let path = record.outputFile else {
      throw SystemCallError(call: "open", path: id.rawValue, number: ENOENT)
    }
    let title = record.description ?? record.name ?? record.command ?? id.rawValue
    let made = try OutputFile(creatingAt: path, description: title)
    perform { $0.jobs[id]?.output = made }
    return made
  }
}
