import Foundation
import Jobs
import Testing

/// What a run of the built program left.
struct ProgramResult {
  let output: [UInt8]
  let errors: String
  let code: Int32

  var text: String { String(decoding: output, as: UTF8.self) }
}

/// The built program, run for real in a folder of its own.
final class Program {
  /// The working directory, without a state folder at first.
  let folder: String
  private var environment: [String: String] = [:]

  /// The program with variables of its own besides those that it needs.
  init(environment more: [String: String] = [:]) {
    folder = NSTemporaryDirectory() + "agentscript-cli-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": folder]
    // A state folder above the temporary one would be found otherwise.
    environment["AGENTSCRIPT_HOME"] = folder + "/.agentscript"
    environment.merge(more) { $1 }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The state folder that the program uses.
  var state: StateDirectory { StateDirectory(path: folder + "/.agentscript") }

  /// Writes a file into the working directory.
  func write(_ name: String, _ text: String) {
    #expect(FileManager.default.createFile(atPath: folder + "/" + name, contents: Data(text.utf8)))
  }

  /// Runs the program to its end.
  func run(_ arguments: String..., input: String = "", through shell: String? = nil) -> ProgramResult {
    start(arguments, input: input, through: shell)()
  }

  /// Starts the program; the function that is returned waits for its end. With `shell`, a script for sh in which `$0` is
  /// the program and `$@` are the arguments.
  func start(_ arguments: [String], input: String = "", through shell: String? = nil) -> () -> ProgramResult {
    let name = UUID().uuidString
    let base = NSTemporaryDirectory() + "agentscript-io-\(name)"
    #expect(FileManager.default.createFile(atPath: base + ".in", contents: Data(input.utf8)))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, base + ".in", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, base + ".out", O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, base + ".err", O_WRONLY | O_CREAT, 0o600)
    let script = "cd '\(folder)' && " + (shell ?? "exec \"$0\" \"$@\"")
    let words = ["/bin/sh", "-c", script, Self.path] + arguments
    var argv = words.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in argv + variables { free(pointer) } }
    var pid = pid_t()
    let status = posix_spawn(&pid, words[0], &actions, nil, &argv, &variables)
    #expect(status == 0, "cannot start \(words[0])")
    let child = pid
    return {
      var status: Int32 = 0
      while waitpid(child, &status, 0) < 0, errno == EINTR {}
      let result = ProgramResult(
        output: Array(FileManager.default.contents(atPath: base + ".out") ?? Data()),
        errors: String(decoding: FileManager.default.contents(atPath: base + ".err") ?? Data(), as: UTF8.self),
        code: status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F)
      for ending in ["in", "out", "err"] { try? FileManager.default.removeItem(atPath: "\(base).\(ending)") }
      return result
    }
  }

  /// Beside the test bundle.
  static let path: String = {
    #if os(Linux)
      let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
      return (test as NSString).deletingLastPathComponent + "/agentscript"
    #else
      let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
      var folder = bundle as NSString
      while folder.lastPathComponent.contains(".xctest") || folder.pathComponents.contains("Contents") {
        folder = folder.deletingLastPathComponent as NSString
      }
      return folder as String + "/agentscript"
    #endif
  }()
}

/// Jobs put into a registry by hand, as a run of this process leaves them.
struct SampleJobs {
  let registry: Registry
  let run: RunRecord

  /// A run in the state folder; `owner` is who answers for its jobs.
  init(_ directory: StateDirectory, owner: ProcessIdentity = .current()) throws {
    registry = try Registry.open(directory)
    run = RunRecord(script: "sample.lua", cwd: "/", owner: owner)
    try registry.begin(run: run)
  }

  /// Adds a job that runs, with a file that holds `output`.
  func running(_ id: String, describe: (inout JobRecord) -> Void = { _ in }, output: String = "") async throws
    -> (state: JobState, file: OutputFile)
  {
    var draft = JobRecord(id: try JobID(validating: id), run: run.id, kind: .command)
    draft.outputFile = registry.directory.file(.log, of: draft.id)
    describe(&draft)
    var state = JobState(submitting: draft, isReady: true, at: .now())
    try await registry.commit([state.submission])
    let file = try OutputFile(
      creatingAt: registry.directory.file(.log, of: draft.id), description: draft.description ?? draft.id.rawValue)
    try await registry.commit([state.apply(.started(pid: nil, pidStarted: nil), at: .now())])
    try file.append(Array(output.utf8))
    return (state, file)
  }

  /// Adds a job and ends it.
  @discardableResult
  func ended(
    _ id: String, _ outcome: JobOutcome = .completed(exitCode: 0), describe: (inout JobRecord) -> Void = { _ in },
    output: String = ""
  ) async throws -> JobRecord {
    let (state, file) = try await running(id, describe: describe, output: output)
    return try await end(state, file, outcome)
  }

  /// Ends a job that runs.
  @discardableResult
  func end(_ state: JobState, _ file: OutputFile, _ outcome: JobOutcome) async throws -> JobRecord {
    var state = state
    var outcome = outcome
    outcome.output = try file.extent()
    let change = state.apply(.ended(outcome), at: .now())
    try await registry.finish([FinishedJob(change: change, output: file)])
    return state.record
  }
}
