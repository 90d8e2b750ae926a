import FoundationEssentials

@testable import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A folder for one test, removed with everything in it when the object goes.
final class TemporaryFolder {
  let path: String

  init(in parent: String = "/tmp") throws {
    path = "\(parent)/jobs-tests-\(UInt64.random(in: .min ... .max))"
    guard mkdir(path, 0o700) == 0 else { throw SystemCallError.last("mkdir", path) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var state: StateDirectory { StateDirectory(path: path + "/state") }

  /// A registry in this folder with a run in it.
  func registry() throws -> (Registry, RunID) {
    let registry = try Registry.open(state)
    let run = RunRecord(script: "test.lua", arguments: ["a", "b"], cwd: path)
    try registry.begin(run: run)
    return (registry, run.id)
  }

  /// Brings a registry back to the third version's form.
  static let undoVersion4 = """
    DROP TRIGGER jobs_stepped; ALTER TABLE jobs DROP COLUMN wait;
    CREATE TRIGGER jobs_stepped AFTER UPDATE OF status ON jobs BEGIN SELECT 1; END;
    DROP TRIGGER jobs_forgotten; DROP TRIGGER worktrees_settled; DROP TABLE worktrees;
    DROP TRIGGER jobs_timed; DROP TRIGGER decisions_orphaned;
    DROP TABLE durations; DROP TABLE todos; DROP TABLE phases; DROP TABLE decisions;
    ALTER TABLE jobs DROP COLUMN phase; ALTER TABLE jobs DROP COLUMN topic; ALTER TABLE jobs DROP COLUMN priority;
    ALTER TABLE jobs DROP COLUMN history; ALTER TABLE jobs DROP COLUMN hedged;
    ALTER TABLE jobs DROP COLUMN speculative; ALTER TABLE jobs DROP COLUMN timeout_ms;
    DELETE FROM legal_ends WHERE reason = 'condition';
    PRAGMA user_version = 3;
    """

  func contents(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }

  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }

  func mode(_ path: String) -> mode_t {
    var info = stat()
    return lstat(path, &info) == 0 ? info.st_mode & 0o7777 : 0
  }
}

extension Registry {
  /// Submits a job that is ready.
  func submit(_ id: String, run: RunID, kind: JobKind = .command) async throws -> JobState {
    var draft = JobRecord(id: try JobID(validating: id), run: run, kind: kind)
    draft.outputFile = directory.file(.log, of: draft.id)
    draft.description = "the job \(id)"
    let state = JobState(submitting: draft, isReady: true, at: .now())
    try await commit([state.submission])
    return state
  }

  /// Takes a job to its end with an output file, and returns its record.
  @discardableResult
  func complete(_ id: String, run: RunID, output text: [UInt8] = Array("said\n".utf8)) async throws -> JobRecord {
    var state = try await submit(id, run: run)
    let output = try OutputFile(
      creatingAt: directory.file(.log, of: state.record.id), description: state.record.description ?? "")
    note([state.apply(.started(pid: 1, pidStarted: 2), at: .now())])
    try output.append(text)
    var outcome = JobOutcome.completed(exitCode: 0)
    outcome.output = try output.extent()
    let change = state.apply(.ended(outcome), at: .now())
    try await finish([FinishedJob(change: change, output: output)])
    return state.record
  }
}
