import Glibc
import Jobs
import Testing

@testable import Runtime

/// Random trees of processes, and every way in which a run ends: nothing is left, the exit code and the record are right.
@Suite struct TreeTests {
  enum End: String, CaseIterable, Sendable {
    case leaderEnds, scriptError, timeout, cancel, interrupt, terminate, hangUp, runtimeKilled, guardianKilled

    var exitCode: Int32 {
      switch self {
      case .leaderEnds: 0
      case .scriptError, .cancel: 1
      case .timeout: 124
      case .interrupt: 130
      case .terminate: 143
      case .hangUp: 129
      case .runtimeKilled, .guardianKilled: 137
      }
    }

    var status: JobStatus {
      switch self {
      case .leaderEnds: .completed
      case .runtimeKilled: .lost
      default: .cancelled
      }
    }
  }

  struct Case: Sendable, CustomStringConvertible {
    let end: End
    let seed: UInt64
    let shape: ProcessTree.Shape

    /// Whether the program may use control groups: else only adoption, sessions and marks hold the tree together.
    var hasGroups: Bool { TreeTests.hasGroups && seed / 2 % 2 == 0 }

    var description: String { "\(end) of tree \(seed) with \(shape)\(hasGroups ? "" : ", without groups")" }
  }

  /// The time of grace, and the two seconds that everything may take beyond it.
  static var bound: Duration { .seconds(5) + Load.stretched(.seconds(2)) }

  /// Whether this user can make control groups here.
  static let hasGroups: Bool = if case .usable = ContainmentSurvey.current.cgroup { true } else { false }

  /// Every end meets every shape in the long form. In the short one each end and each shape is there, and the slow shapes,
  /// which need the whole time of grace, meet few ends.
  static let cases: [Case] = {
    let shapes = ProcessTree.Shape.allCases, obedient = ProcessTree.Shape.obedient
    if wantsLongTests {
      // Some seeds alone, to try failing ones again: AGENTSCRIPT_TREES=26,54
      let wanted = getenv("AGENTSCRIPT_TREES").map { String(cString: $0).split(separator: ",").compactMap { Int($0) } }
      return (wanted ?? Array(0..<200)).flatMap { seed in
        // Most trees obey, so that the time goes into different ones.
        let shape = seed % 5 == 0 ? shapes[seed / 5 % shapes.count] : obedient[seed % obedient.count]
        return End.allCases.map { Case(end: $0, seed: UInt64(seed), shape: shape) }
      }
    }
    return (0..<30).map { number in
      Case(end: End.allCases[number % 9], seed: UInt64(1_000 + number), shape: shapes[number % shapes.count])
    }
  }()

  @Test func nothingOutlivesARunHoweverItEnds() async throws {
    try await each(of: TreeTests.cases, atOnce: 8) { try await check($0) }
  }

  private func check(_ item: Case) async throws {
    let folder = try ScratchFolder()
    let tree = ProcessTree(seed: item.seed, shape: item.shape, in: folder.path)
    defer { tree.cleanUp() }
    let script = try folder.write(self.script(item, tree), to: "\(tree.cookie).lua")
    let limit = item.end == .timeout ? ["--timeout", "2s"] : []
    let home = folder.path + "/state"
    let begin = ContinuousClock.now
    let command = [ProgramRun.agentscript, "run", "--quiet"] + limit + [script]
    let program = try LiveProgram(
      item.hasGroups ? command : ProcessTree.withoutGroups(command), in: folder.path,
      environment: ["AGENTSCRIPT_HOME": home])
    let isComplete = await eventually(within: .seconds(30)) { tree.isComplete }
    #expect(isComplete || item.end == .timeout, "\(item): the tree never stood")
    let start = item.end == .timeout ? begin + .seconds(2) : ContinuousClock.now
    try await bringAbout(item, program, folder, home)
    let code = await program.end(within: .seconds(40))
    if item.end == .guardianKilled { _ = await eventually(within: .seconds(20)) { tree.survivors().isEmpty } }
    let time = ContinuousClock.now - start
    #expect(tree.survivors() == [], "\(item)")
    #expect(code == item.end.exitCode, "\(item): it said \(program.talk)")
    #expect(time <= TreeTests.bound, "\(item): it took \(time)")
    try checkRecord(item, home)
  }

  private func script(_ item: Case, _ tree: ProcessTree) -> String {
    // Without groups nobody adopts what leaves its session once the guardian is dead: the marks are all there is then.
    let isMarked = item.end == .guardianKilled && !item.hasGroups
    let words = tree.command(leaves: item.end == .leaderEnds, isMarked: isMarked)
    let command = words.map { "\"\($0)\"" }.joined(separator: ", ")
    let spawn = "local job = spawn { name = 'tree', command = { \(command) } }\n"
    let go = "while not io.open('go') do sleep(5) end\n"
    return switch item.end {
    case .scriptError: spawn + go + "error('boom')"
    case .cancel where item.seed.isMultiple(of: 2):
      spawn + go + "cancel(job, 'enough')\nreturn { success = wait(job).success }"
    default: spawn + "return { success = wait(job).success }"
    }
  }

  /// Lets the run end, by the whole group or by one process alone, as the seed wants it.
  private func bringAbout(_ item: Case, _ program: LiveProgram, _ folder: ScratchFolder, _ home: String) async throws {
    let isForAll = item.seed.isMultiple(of: 2)
    func signal(_ number: Int32) { #expect(kill(isForAll ? -program.pid : program.pid, number) == 0) }
    switch item.end {
    case .leaderEnds, .timeout: break
    case .scriptError: _ = try folder.write("", to: "go")
    case .cancel:
      _ = try folder.write("", to: "go")
      guard !isForAll else { break }
      let words = [ProgramRun.agentscript, "kill", "--quiet", "--all"]
      let other = try LiveProgram(words, in: home, environment: ["AGENTSCRIPT_HOME": home])
      #expect(await other.end(within: .seconds(30)) == 0, "\(item): kill said \(other.talk)")
    case .interrupt: signal(SIGINT)
    case .terminate: signal(SIGTERM)
    case .hangUp: signal(SIGHUP)
    case .runtimeKilled: #expect(kill(try #require(program.runtime), SIGKILL) == 0)
    case .guardianKilled: #expect(kill(program.pid, SIGKILL) == 0)
    }
  }

  private func checkRecord(_ item: Case, _ home: String) throws {
    let registry = try Registry.open(StateDirectory(path: home))
    defer { registry.close() }
    #expect(try registry.reconcile().count == (item.end == .runtimeKilled ? 1 : 0), "\(item)")
    let jobs = try registry.jobs()
    #expect(jobs.map(\.status) == [item.end.status], "\(item): \(jobs.first?.reason as Any)")
    if item.end == .cancel {
      #expect(jobs.first?.cancelledBy == (item.seed.isMultiple(of: 2) ? "script" : "agentscript kill"), "\(item)")
    }
  }

  /// What the oracle says where nobody ends the tree: else the test above would prove nothing.
  @Test func theSameTreesOutliveAShell() async throws {
    try await each(of: ProcessTree.Shape.obedient, atOnce: 4) { shape in
      let folder = try ScratchFolder()
      let tree = ProcessTree(seed: 1, shape: shape, in: folder.path)
      defer { tree.cleanUp() }
      let line = "\(tree.command(leaves: false).joined(separator: " ")) & wait"
      let program = try LiveProgram(["/bin/sh", "-c", line], in: folder.path)
      #expect(await eventually { tree.isComplete })
      kill(program.pid, SIGKILL)
      #expect(await program.end(within: .seconds(20)) == 137)
      #expect(tree.survivors().count >= 3, "\(shape)")
      tree.cleanUp()
      #expect(await eventually { tree.survivors().isEmpty }, "\(shape)")
    }
  }

  /// Nobody is left to end the tree then, but whoever comes by next, in whatever way.
  @Test(arguments: [["jobs"], ["-e", "task { id = 'next', command = 'true' }"]])
  func whatOutlivesBothProcessesEndsAtTheNextStart(
    _ words: [String]
  ) async throws {
    let folder = try ScratchFolder()
    let shape = words == ["jobs"] ? ProcessTree.Shape.daemon : .stubborn
    let tree = ProcessTree(seed: 2, shape: shape, in: folder.path)
    defer { tree.cleanUp() }
    let item = Case(end: .guardianKilled, seed: 2, shape: shape)
    let script = try folder.write(self.script(item, tree), to: "\(tree.cookie).lua")
    let environment = ["AGENTSCRIPT_HOME": folder.path + "/state"]
    let program = try LiveProgram(
      [ProgramRun.agentscript, "run", "--quiet", script], in: folder.path, environment: environment)
    #expect(await eventually { tree.isComplete })
    // Stopped first, so that neither sees the other's end.
    let runtime = try #require(program.runtime)
    for number in [SIGSTOP, SIGKILL] { for pid in [program.pid, runtime] { #expect(kill(pid, number) == 0) } }
    #expect(await program.end(within: .seconds(20)) == 137)
    #expect(tree.survivors().count >= 3, "nobody has ended it yet")
    let next = try LiveProgram([ProgramRun.agentscript] + words, in: folder.path, environment: environment)
    #expect(await next.end(within: .seconds(30)) == 0, "it said \(next.talk)")
    #expect(await eventually(within: TreeTests.bound) { tree.survivors().isEmpty }, "\(tree.survivors())")
    let registry = try Registry.open(StateDirectory(path: folder.path + "/state"))
    defer { registry.close() }
    #expect(try registry.jobs().filter { $0.id.rawValue != "next" }.map(\.status) == [.lost])
  }

  /// Whoever reads the process table comes too late for such a chain; its control group holds it.
  @Test(arguments: [End.cancel, .terminate, .runtimeKilled, .guardianKilled]) func aChainOfForksEndsToo(
    _ end: End
  ) async throws {
    guard TreeTests.hasGroups else { return }
    let folder = try ScratchFolder()
    let tree = ProcessTree(seed: 0, shape: .plain, in: folder.path)
    let item = Case(end: end, seed: 0, shape: .plain)
    let words = tree.chain.map { "\"\($0)\"" }.joined(separator: ", ")
    let text = """
      local job = spawn { command = { \(words) } }
      if \(end == .cancel) then
        while not io.open("go") do sleep(5) end
        cancel(job, "enough")
      end
      return { success = wait(job).success }
      """
    let script = try folder.write(text, to: "\(tree.cookie).lua")
    let home = folder.path + "/state"
    let program = try LiveProgram(
      [ProgramRun.agentscript, "run", "--quiet", script], in: folder.path, environment: ["AGENTSCRIPT_HOME": home])
    #expect(await eventually { tree.restingCount > 50 }, "the chain does not grow")
    try await bringAbout(item, program, folder, home)
    #expect(await program.end(within: TreeTests.bound) == end.exitCode, "\(program.talk)")
    var length = 0
    let isOver = await eventually(within: TreeTests.bound) {
      defer { length = tree.restingCount }
      if length == tree.restingCount, tree.survivors().isEmpty {
        usleep(50_000)
        return length == tree.restingCount
      }
      return false
    }
    #expect(isOver, "the chain goes on: \(tree.survivors())")
    try checkRecord(item, home)
  }
}
