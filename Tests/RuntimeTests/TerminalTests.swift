import Glibc
import Jobs
import Testing

/// Ctrl-C once tidies up, twice leaves at once; a closed terminal is an end; one Ctrl-C counts once, whomever it reaches.
@Suite struct TerminalTests {
  /// A run of fifty jobs, of which some or all ignore TERM.
  private struct Bench {
    let folder: ScratchFolder
    let tree: ProcessTree
    let home: String
    let script: String

    init(deaf: Int) throws {
      folder = try ScratchFolder()
      tree = ProcessTree(seed: 1, shape: .plain, in: folder.path)
      home = folder.path + "/state"
      let leaf = tree.leaf.joined(separator: " ")
      script = try folder.write(
        """
        local jobs = {}
        for i = 1, 50 do
          jobs[i] = spawn { name = "n" .. i, command = (i <= \(deaf) and "trap '' TERM; " or "") .. "exec \(leaf)" }
        end
        wait(jobs)
        """, to: "\(tree.cookie).lua")
    }

    var command: [String] { [ProgramRun.agentscript, "run", "--max-concurrency", "50", script] }

    func start(_ command: [String], on terminal: PseudoTerminal) async throws -> LiveProgram {
      let program = try LiveProgram(
        command, in: folder.path, environment: ["AGENTSCRIPT_HOME": home], terminal: terminal)
      let isUp = await eventually(within: .seconds(30)) {
        terminal.take()
        return tree.restingCount >= 50
      }
      #expect(isUp, "only \(tree.restingCount) jobs run")
      return program
    }

    /// The program's exit code, while the terminal shows what it says.
    func end(of program: LiveProgram, on terminal: PseudoTerminal) async -> Int32? {
      async let code = program.end(within: .seconds(30))
      let reading = Task {
        while !Task.isCancelled {
          terminal.take()
          try? await Task.sleep(for: .milliseconds(5))
        }
      }
      defer { reading.cancel() }
      return await code
    }

    func statuses() throws -> Set<JobStatus> {
      let registry = try Registry.open(StateDirectory(path: home))
      defer { registry.close() }
      _ = try registry.reconcile()
      let jobs = try registry.jobs()
      #expect(jobs.count == 50)
      return Set(jobs.map(\.status))
    }
  }

  @Test func oneCtrlCEndsEverythingInGoodOrder() async throws {
    let bench = try Bench(deaf: 2)
    defer { bench.tree.cleanUp() }
    let terminal = try PseudoTerminal()
    let modes = terminal.modes
    let program = try await bench.start(bench.command, on: terminal)
    let start = ContinuousClock.now
    terminal.type("\u{3}")
    #expect(await bench.end(of: program, on: terminal) == 130)
    let time = ContinuousClock.now - start
    #expect(bench.tree.survivors() == [])
    #expect(time >= .seconds(4) && time <= TreeTests.bound, "it took \(time)")
    #expect(try bench.statuses() == [.cancelled])
    #expect(terminal.modes == modes)
  }

  @Test func aSecondCtrlCLeavesAtOnce() async throws {
    let bench = try Bench(deaf: 50)
    defer { bench.tree.cleanUp() }
    let terminal = try PseudoTerminal()
    let program = try await bench.start(bench.command, on: terminal)
    terminal.type("\u{3}")
    // Two that come at once are one signal.
    try await Task.sleep(for: .milliseconds(200))
    #expect(bench.tree.survivors().count > 50, "the first one leaves them their time")
    let start = ContinuousClock.now
    terminal.type("\u{3}")
    #expect(await bench.end(of: program, on: terminal) == 130)
    let time = ContinuousClock.now - start
    #expect(bench.tree.survivors() == [])
    #expect(time <= Load.stretched(.seconds(1)), "it took \(time)")
    #expect(try bench.statuses().isSubset(of: [.cancelled, .lost]))
  }

  @Test(arguments: [false, true]) func aClosedTerminalIsAnEnd(isBelowShell: Bool) async throws {
    let bench = try Bench(deaf: isBelowShell ? 1 : 0)
    defer { bench.tree.cleanUp() }
    let terminal = try PseudoTerminal()
    let command = isBelowShell ? ["/bin/sh", "-c", "\"$@\"; exit $?", "sh"] + bench.command : bench.command
    let program = try await bench.start(command, on: terminal)
    let start = ContinuousClock.now
    terminal.hangUp()
    #expect(await program.end(within: .seconds(30)) == 129)
    #expect(await eventually { bench.tree.survivors().isEmpty }, "\(bench.tree.survivors())")
    let time = ContinuousClock.now - start
    #expect(time <= TreeTests.bound, "it took \(time)")
    #expect(try bench.statuses() == [.cancelled])
  }

  enum Target: String, CaseIterable { case guardian, runtime, group, terminal }

  @Test(arguments: Target.allCases) func oneInterruptCountsOnce(_ target: Target) async throws {
    let folder = try ScratchFolder()
    let tree = ProcessTree(seed: 1, shape: .plain, in: folder.path)
    defer { tree.cleanUp() }
    let words = tree.leaf.map { "\"\($0)\"" }.joined(separator: ", ")
    let script = try folder.write(
      """
      local ok, why = pcall(task, { command = { \(words) } })
      sleep(700)
      local file = io.open("tidied", "w"); file:write(tostring(ok), " ", tostring(why)); file:close()
      os.exit(7)
      """, to: "\(tree.cookie).lua")
    let terminal = try PseudoTerminal()
    let program = try LiveProgram(
      [ProgramRun.agentscript, "run", script], in: folder.path,
      environment: ["AGENTSCRIPT_HOME": folder.path + "/state"], terminal: terminal)
    #expect(await eventually { tree.restingCount == 1 })
    switch target {
    case .guardian: kill(program.pid, SIGINT)
    case .runtime: kill(try #require(program.runtime), SIGINT)
    case .group: kill(-program.pid, SIGINT)
    case .terminal: terminal.type("\u{3}")
    }
    #expect(await program.end(within: .seconds(30)) == 7, "\(terminal.take())")
    #expect(TestFile.text(folder.path + "/tidied").hasPrefix("false interrupted!"))
    #expect(tree.survivors() == [])
  }

  /// The guardian alone is left then, and waits for what ignores TERM.
  @Test func aCtrlCAfterTheScriptsEndCutsTheGraceShort() async throws {
    let folder = try ScratchFolder()
    let tree = ProcessTree(seed: 1, shape: .plain, in: folder.path)
    defer { tree.cleanUp() }
    let leaf = tree.leaf.joined(separator: " ")
    let hidden = "trap '' TERM; setsid env -i \(leaf) < /dev/null > /dev/null 2>&1 &"
    let script = try folder.write("task { command = \"\(hidden)\" }", to: "\(tree.cookie).lua")
    let terminal = try PseudoTerminal()
    let program = try LiveProgram(
      ProcessTree.withoutGroups([ProgramRun.agentscript, "run", script]), in: folder.path,
      environment: ["AGENTSCRIPT_HOME": folder.path + "/state"], terminal: terminal)
    #expect(await eventually { tree.restingCount == 1 && program.runtime == nil })
    #expect(tree.survivors().count == 2, "the guardian and whom it waits for")
    let start = ContinuousClock.now
    terminal.type("\u{3}")
    #expect(await program.end(within: .seconds(30)) == 0)
    let time = ContinuousClock.now - start
    #expect(tree.survivors() == [])
    #expect(time <= Load.stretched(.seconds(1)), "it took \(time)")
  }
}
