import Glibc
import Jobs
import Testing

/// `agentscript kill` from another process: polite, then sure, and no longer than needed.
@Suite struct ProgramCancelTests {
  private let folder: ScratchFolder
  private let tree: ProcessTree
  private let home: String

  init() throws {
    folder = try ScratchFolder()
    tree = ProcessTree(seed: 1, shape: .plain, in: folder.path)
    home = folder.path + "/state"
  }

  private func start(_ script: String, _ options: [String] = []) throws -> LiveProgram {
    let file = try folder.write(script, to: "\(tree.cookie).lua")
    return try LiveProgram(
      [ProgramRun.agentscript, "run", "--quiet"] + options + [file], in: folder.path,
      environment: ["AGENTSCRIPT_HOME": home])
  }

  /// Runs `agentscript kill`.
  private func kill(_ words: String...) async throws -> (code: Int32?, output: String, time: Duration) {
    let start = ContinuousClock.now
    let other = try LiveProgram(
      [ProgramRun.agentscript, "kill"] + words, in: home, environment: ["AGENTSCRIPT_HOME": home])
    let code = await other.end(within: .seconds(30))
    return (code, other.output, ContinuousClock.now - start)
  }

  private func job(_ id: String) throws -> JobRecord? {
    let registry = try Registry.open(StateDirectory(path: home))
    defer { registry.close() }
    return try registry.job(JobID(validating: id))
  }

  /// Runs one job, and kills it once it says that it is ready.
  private func killJob(_ command: String) async throws -> (record: JobRecord, time: Duration) {
    defer { tree.cleanUp() }
    let program = try start("return { success = task { id = 'job', command = [[\(command)]] }.success }")
    #expect(await eventually { access("\(folder.path)/ready", F_OK) == 0 })
    let (code, _, time) = try await kill("--quiet", "job")
    #expect(code == 0)
    #expect(await program.end(within: .seconds(30)) == 1)
    #expect(tree.survivors() == [])
    let record = try #require(try job("job"))
    #expect(record.status == .cancelled && record.cancelledBy == "agentscript kill")
    return (record, time)
  }

  @Test func aJobThatCleansUpEndsWhenItHas() async throws {
    let (record, time) = try await killJob(
      "trap 'sleep 0.3; echo clean; exit 3' TERM; > ready; while :; do sleep 0.02; done")
    #expect(String(decoding: try OutputReader.excerpt(of: record), as: UTF8.self).hasSuffix("clean\n"))
    // The owner looks for such requests some times a second.
    #expect(time >= .milliseconds(300) && time <= Load.stretched(.seconds(2)), "it took \(time)")
  }

  @Test func aJobThatIgnoresTermDiesAfterTheGrace() async throws {
    let (record, time) = try await killJob("trap '' TERM; exec \(tree.leaf.joined(separator: " "))")
    #expect(record.signal == Int(SIGKILL))
    #expect(time >= .seconds(4.5) && time <= .seconds(5) + Load.stretched(.seconds(1.5)), "it took \(time)")
  }

  @Test func aStoppedJobDies() async throws {
    let (_, time) = try await killJob("> ready; kill -STOP $$; exec \(tree.leaf.joined(separator: " "))")
    #expect(time <= Load.stretched(.seconds(2)), "it took \(time)")
  }

  @Test func killingTwiceGivesTheSameAnswer() async throws {
    defer { tree.cleanUp() }
    let program = try start("task { id = 'job', command = { \(tree.leaf.map { "'\($0)'" }.joined(separator: ", ")) } }")
    #expect(await eventually { tree.restingCount == 1 })
    let first = try await kill("--json", "job")
    let record = try job("job")
    let second = try await kill("--json", "job")
    #expect(first.code == 0 && second.code == 0)
    #expect(try job("job") == record, "the second changes nothing")
    #expect(await program.end(within: .seconds(30)) == 0)
    #expect(tree.survivors() == [])
  }

  /// Kills that come while processes are being started: whichever are, end.
  @Test(arguments: 1...4) func aKillDuringTheStartLeavesNoProcess(_ round: Int) async throws {
    defer { tree.cleanUp() }
    let words = tree.leaf.map { "'\($0)'" }.joined(separator: ", ")
    let program = try start(
      """
      local jobs = {}
      for i = 1, 150 do jobs[i] = spawn { command = { \(words) } } end
      wait(jobs)
      """, ["--max-concurrency", "150"])
    #expect(await eventually { tree.restingCount >= round * 20 })
    #expect(try await kill("--quiet", "--all").code == 0)
    // Those that were not yet known to the registry go on, and end with the run.
    #expect(Glibc.kill(program.pid, SIGTERM) == 0 || errno == ESRCH)
    let code = await program.end(within: .seconds(30))
    #expect(code == 143 || code == 0 || code == 1)
    #expect(tree.survivors() == [])
  }
}
