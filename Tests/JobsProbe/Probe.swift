import Dispatch
import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A process that uses a registry as the runtime does, for tests that need several of them or kill one.
@main
enum Probe {
  static func main() async throws {
    let words = Array(CommandLine.arguments.dropFirst())
    guard words.count >= 2, let action = words.first else { return usage() }
    let directory = StateDirectory(path: words[1])
    let count = words.count > 2 ? Int(words[2]) ?? 0 : 0
    switch action {
    case "rate": try await measureRate(directory, count: count)
    case "open": try measureOpening(directory)
    default: usage()
    }
  }

  private static func usage() {
    print("usage: JobsProbe rate|open STATE [COUNT]")
    exit(2)
  }

  /// How many short jobs a second, with their three files and all their transitions.
  private static func measureRate(_ directory: StateDirectory, count: Int) async throws {
    let registry = try Registry.open(directory)
    let run = RunRecord(script: "rate", cwd: "/")
    try registry.begin(run: run)
    let start = Moment.now()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...count {
        if number > 100 { try await group.next() }
        group.addTask { try await oneJob(number, run: run.id, registry: registry) }
      }
      try await group.waitForAll()
    }
    let milliseconds = Moment.now().millisecondsSince(start)
    print("\(count) jobs in \(milliseconds) ms, \(count * 1000 / max(milliseconds, 1)) a second")
    registry.close()
  }

  private static func oneJob(_ number: Int, run: RunID, registry: Registry) async throws {
    let id = JobID(slugOf: "probe", run: run, number: number)
    var draft = JobRecord(id: id, run: run, kind: .command)
    draft.command = "true"
    draft.description = "probe \(number)"
    draft.outputFile = registry.directory.file(.log, of: id)
    var state = JobState(submitting: draft, isReady: true, at: .now())
    try await registry.commit([state.submission])
    let output = try OutputFile(creatingAt: registry.directory.file(.log, of: id), description: "probe \(number)")
    registry.note([state.apply(.started(pid: 1, pidStarted: 1), at: .now())])
    try output.append(Array("line of job \(number)\n".utf8))
    var outcome = JobOutcome.completed(exitCode: 0)
    outcome.output = try output.extent()
    let change = state.apply(.ended(outcome), at: .now())
    try await registry.finish([FinishedJob(change: change, output: output)])
  }

  private static func measureOpening(_ directory: StateDirectory) throws {
    for word in ["new", "again", "third"] {
      let start = Moment.now()
      let registry = try Registry.open(directory)
      let opened = Moment.now()
      try registry.begin(run: RunRecord(script: "open", cwd: "/"))
      let begun = Moment.now()
      registry.close()
      func micro(_ a: Moment, _ b: Moment) -> UInt64 { (b.monotonic - a.monotonic) / 1000 }
      print(
        "\(word): open \(micro(start, opened)) us, begin \(micro(opened, begun)) us, close \(micro(begun, .now())) us")
    }
  }
}
