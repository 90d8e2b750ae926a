import Jobs

/// How many jobs a second the registry takes from their intent to their durable end, without any process: each with its
/// output file, its record, its result and four steps. A hundred at a time, as many slots would have it.
@main
struct RegistryRate {
  static func main() async throws {
    let words = CommandLine.arguments
    guard words.count == 3, let count = Int(words[2]), count > 0 else {
      print("usage: RegistryRate STATE COUNT")
      return
    }
    let directory = StateDirectory(path: words[1])
    try directory.create()
    let registry = try Registry.open(directory)
    let run = RunRecord(script: "rate", cwd: "/")
    try registry.begin(run: run)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...count {
        if number > 100 { try await group.next() }
        group.addTask { try await job(number, of: run.id, in: registry) }
      }
      try await group.waitForAll()
    }
    registry.close()
  }

  private static func job(_ number: Int, of run: RunID, in registry: Registry) async throws {
    let id = JobID(slugOf: "rate", run: run, number: number)
    var draft = JobRecord(id: id, run: run, kind: .command)
    draft.command = "true"
    draft.outputFile = registry.directory.file(.log, of: id)
    var state = JobState(submitting: draft, isReady: true, at: .now())
    try await registry.commit([state.submission])
    let output = try OutputFile(creatingAt: registry.directory.file(.log, of: id), description: "job \(number)")
    registry.note([state.apply(.started(pid: 1, pidStarted: 1), at: .now())])
    try output.append(Array("line of job \(number)\n".utf8))
    var outcome = JobOutcome.completed(exitCode: 0)
    outcome.output = try output.extent()
    let change = state.apply(.ended(outcome), at: .now())
    try await registry.finish([FinishedJob(change: change, output: output)])
  }
}
