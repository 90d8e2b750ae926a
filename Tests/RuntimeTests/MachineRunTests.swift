import Testing

@testable import Runtime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The cap that all runs of a user share, with real programs.
@Suite struct MachineRunTests {
  private func environment(_ folder: ScratchFolder, cap: Int, state: String) -> [String: String] {
    [
      "XDG_RUNTIME_DIR": folder.path, MachineSlots.variable: "\(cap)", "AGENTSCRIPT_HOME": "\(folder.path)/\(state)",
      // These tests may themselves run in a job.
      JobEnvironment.Mark.job: "",
    ]
  }

  private func wait(_ what: String, for condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + Load.stretched(.seconds(60))
    while !condition() {
      try #require(ContinuousClock.now < deadline, "waited in vain: \(what)")
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  @Test func neverDoMoreRunThanTheMachineHasSlots() async throws {
    let folder = try ScratchFolder()
    _ = try folder.write(
      """
      local jobs = {}
      for i = 1, 8 do
        jobs[i] = spawn { command = "echo + >> log; sleep 0.05; echo - >> log" }
      end
      for _, result in ipairs(wait(jobs)) do assert(result.success) end
      """, to: "run.lua")
    var programs: [LiveProgram] = []
    for number in 1...3 {
      let own = folder.path + "/\(number)"
      try #require(mkdir(own, 0o700) == 0 && symlink("../run.lua", own + "/run.lua") == 0)
      try #require(symlink("../log", own + "/log") == 0)
      programs.append(
        try LiveProgram(
          [ProgramRun.agentscript, "run", "--quiet", "run.lua"], in: own,
          environment: environment(folder, cap: 3, state: "\(number)/.agentscript")))
    }
    for program in programs { #expect(await program.end(within: .seconds(120)) == 0, "\(program.talk)") }
    var running = 0
    var most = 0
    for line in TestFile.text(folder.path + "/log").split(separator: "\n") {
      running += line == "+" ? 1 : -1
      most = max(most, running)
    }
    #expect(running == 0 && most <= 3 && most >= 2, "\(most) at once")
    #expect(programs.contains { $0.talk.contains("waiting for a slot of the machine: 3 are in use") })
  }

  @Test func whatIsKilledGivesItsSlotsBack() async throws {
    let folder = try ScratchFolder()
    let holder = try LiveProgram(
      [ProgramRun.agentscript, "-e", "task { command = 'touch began; sleep 1000' }"], in: folder.path,
      environment: environment(folder, cap: 1, state: "a"))
    try await wait("the first job") { access(folder.path + "/began", F_OK) == 0 }
    let own = folder.path + "/second"
    try #require(mkdir(own, 0o700) == 0)
    let waiter = try LiveProgram(
      [ProgramRun.agentscript, "-e", "print(task { command = 'echo free' }.output)"], in: own,
      environment: environment(folder, cap: 1, state: "b"))
    try await wait("the notice") { waiter.talk.contains("waiting for a slot of the machine: 1 are in use") }
    #expect(waiter.output == "")
    let runtime = try #require(holder.runtime)
    kill(runtime, SIGKILL)
    #expect(await waiter.end(within: Load.stretched(.seconds(60))) == 0, "\(waiter.talk)")
    #expect(waiter.output == "free\n\n")
    _ = await holder.end(within: .seconds(60))
  }

  @Test func aRunInsideAJobDoesNotWaitForItself() throws {
    let folder = try ScratchFolder()
    let inner = "\(ProgramRun.agentscript) -e 'print(task { command = [[echo inside]] }.output)'"
    _ = try folder.write("print(task { command = [==[\(inner)]==], timeout = '60s' }.output)", to: "outer.lua")
    let run = try ProgramRun(
      [ProgramRun.agentscript, "run", "--quiet", "outer.lua"], in: folder.path,
      environment: environment(folder, cap: 1, state: ".agentscript"), seconds: 120)
    #expect(run.exitCode == 0 && run.output.contains("inside\n"), "\(run.talk)")
  }

  @Test func aFolderThatCannotBeUsedIsToldAndStopsNothing() throws {
    let folder = try ScratchFolder()
    let shared = folder.path + "/agentscript"
    try #require(mkdir(shared, 0o700) == 0 && chmod(shared, 0o777) == 0)
    let run = try ProgramRun(
      [ProgramRun.agentscript, "-e", "print(task { command = 'echo ran' }.output)"], in: folder.path,
      environment: environment(folder, cap: 1, state: ".agentscript"))
    #expect(run.exitCode == 0 && run.output == "ran\n\n")
    #expect(run.talk.contains("the slots of the machine are not counted: others may use"), "\(run.talk)")
  }
}
