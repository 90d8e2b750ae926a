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
    case "write": try await write(directory, transitions: count)
    case "live": try await live(directory, jobs: count)
    case "abandon": try await abandon(directory, jobs: count)
    case "read": try read(directory)
    case "open": try measureOpening(directory)
    case "prune": prune(directory)
    case "spread": try await spread(directory)
    default: usage()
    }
  }

  private static func usage() {
    print("usage: JobsProbe rate|open|write|live|abandon|read|prune|spread STATE [COUNT]")
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

  /// Makes transitions one after the other, four to a job, and prints the slowest and the 99th percentile in
  /// microseconds.
  private static func write(_ directory: StateDirectory, transitions: Int) async throws {
    let registry = try Registry.open(directory)
    let run = RunRecord(script: "write", cwd: "/")
    try registry.begin(run: run)
    var times: [UInt64] = []
    func timed(_ change: JobChange) async throws {
      let start = Moment.now().monotonic
      try await registry.commit([change])
      times.append((Moment.now().monotonic - start) / 1000)
    }
    for number in 1...max(transitions / 4, 1) {
      let id = JobID(slugOf: "writer", run: run.id, number: number)
      var state = JobState(submitting: JobRecord(id: id, run: run.id, kind: .function), isReady: false, at: .now())
      try await timed(state.submission)
      try await timed(state.apply(.queued, at: .now()))
      try await timed(state.apply(.started(pid: nil, pidStarted: nil), at: .now()))
      try await timed(state.apply(.ended(.completed()), at: .now()))
    }
    try registry.end(run: run.id, status: .completed, exitCode: 0)
    registry.close()
    times.sort()
    print("\(times.count) transitions, p99 \(times[times.count * 99 / 100]), slowest \(times[times.count - 1])")
  }

  /// Finishes so many jobs, or goes on until it is killed; says each job's id once its result is acknowledged, and in a
  /// sentence what went wrong with the others.
  private static func live(_ directory: StateDirectory, jobs: Int) async throws {
    do throws(RegistryError) {
      let registry = try Registry.open(directory)
      let run = RunRecord(script: "live", cwd: "/")
      try registry.begin(run: run)
      await withTaskGroup(of: Void.self) { group in
        for lane in 0..<4 {
          group.addTask {
            for number in stride(from: lane, to: jobs == 0 ? Int.max : jobs, by: 4) {
              do {
                try await oneJob(number, run: run.id, registry: registry)
                ProbeLine.print(JobID(slugOf: "probe", run: run.id, number: number).rawValue)
              } catch {
                ProbeLine.print("error: \(error)")
              }
            }
          }
        }
      }
      registry.close()
    } catch {
      ProbeLine.print("error: \(error)")
    }
  }

  /// Leaves running jobs behind, and dies without a word.
  private static func abandon(_ directory: StateDirectory, jobs: Int) async throws {
    let registry = try Registry.open(directory)
    let run = RunRecord(script: "abandon", cwd: "/")
    try registry.begin(run: run)
    for number in 1...max(jobs, 1) {
      let id = JobID(slugOf: "abandoned", run: run.id, number: number)
      var draft = JobRecord(id: id, run: run.id, kind: .command)
      draft.outputFile = directory.file(.log, of: id)
      var state = JobState(submitting: draft, isReady: true, at: .now())
      try await registry.commit([state.submission])
      let output = try OutputFile(creatingAt: directory.file(.log, of: id), description: "abandoned")
      try await registry.commit([state.apply(.started(pid: 1, pidStarted: 1), at: .now())])
      try output.append(Array("half a line".utf8))
    }
    kill(getpid(), SIGKILL)
  }

  /// Opens a registry as any command does, and prints the sentence of what went wrong.
  private static func read(_ directory: StateDirectory) throws {
    do throws(RegistryError) {
      let registry = try Registry.open(directory)
      print("opened, \(try registry.jobs().count) jobs")
      registry.close()
    } catch {
      print(error.description)
    }
  }

  /// Compresses what is long and removes nothing, or prints the sentence of what went wrong.
  private static func prune(_ directory: StateDirectory) {
    do throws(RegistryError) {
      let registry = try Registry.open(directory)
      let report = try registry.prune()
      if let problem = report.problem { throw problem }
      print("compressed \(report.compressed)")
      registry.close()
    } catch {
      print("error: \(error)")
    }
  }

  /// Leaves every kind of file that there is, and dies.
  private static func spread(_ directory: StateDirectory) async throws {
    let registry = try Registry.open(directory)
    registry.keepStateView(maxConcurrent: 2)
    let line = Array("a line that is written many times\n".utf8)
    for (name, text) in [("long", Array(repeating: line, count: 5000).flatMap { $0 }), ("plain", line), ("live", line)]
    {
      let run = RunRecord(script: "spread", cwd: "/")
      try registry.begin(run: run)
      let id = try JobID(validating: name)
      var draft = JobRecord(id: id, run: run.id, kind: .command)
      draft.outputFile = directory.file(.log, of: id)
      var state = JobState(submitting: draft, isReady: true, at: .now())
      try await registry.commit([state.submission])
      let output = try OutputFile(creatingAt: directory.file(.log, of: id), description: name)
      try await registry.commit([state.apply(.started(pid: 1, pidStarted: 1), at: .now())])
      try output.append(text)
      if name == "live" { continue }
      var outcome = JobOutcome.completed(exitCode: 0)
      outcome.output = try output.extent()
      try await registry.finish([FinishedJob(change: state.apply(.ended(outcome), at: .now()), output: output)])
      try registry.end(run: run.id, status: .completed, exitCode: 0)
    }
    _ = try registry.prune()
    while access(directory.path + "/state.json", F_OK) != 0 { try await Task.sleep(for: .milliseconds(5)) }
    kill(getpid(), SIGKILL)
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

/// Lines on standard output that are there when the call returns.
enum ProbeLine {
  static func print(_ text: String) {
    let line = text + "\n"
    // A short line goes into a pipe whole or not at all.
    _ = line.withCString { write(1, $0, line.utf8.count) }
  }
}
