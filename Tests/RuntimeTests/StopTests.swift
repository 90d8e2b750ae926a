import Testing

@testable import Runtime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Ctrl-Z and going on, by the signals that a shell with job control sends; and TERM from wherever.
@Suite struct StopTests {
  @Test func aStoppedProgramStopsItsJobsAndItsClocks() throws {
    let folder = try ScratchFolder()
    // One process all the time: a shell that is just starting another (vfork) shows as waiting, not as stopped.
    let script = try folder.write(
      """
      local r = task { id = "paced", command = ": > up; exec sleep 0.8", timeout = "2s" }
      assert(r.success, tostring(r))
      """, to: "stop.lua")
    let home = folder.path + "/.agentscript"
    // A group of its own, whose parent is in another group of the same session: else the system refuses to stop it.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Whoever runs the tests may ignore the signal.
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    // And this thread may block all of them.
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    let flags = Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK)
    posix_spawnattr_setflags(&attributes, flags)
    posix_spawnattr_setpgroup(&attributes, 0)
    let line: [String] = ["env", "AGENTSCRIPT_HOME=\(home)", "sh", "-c", "cd '\(folder.path)' && exec \"$@\"", "sh"]
    let program: [String] = [ProgramRun.agentscript, "run", "--quiet", script]
    var words = (line + program).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    try #require(posix_spawn(&pid, "/usr/bin/env", nil, &attributes, &words, environ) == 0)
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(20)
    while access(folder.path + "/up", F_OK) != 0, clock.now < deadline { usleep(5_000) }
    kill(pid, SIGTSTP)
    var status: Int32 = 0
    #expect(waitpid(pid, &status, WUNTRACED) == pid)
    #expect(status & 0xFF == 0x7F, "it has stopped: \(status)")
    // What was under way when it stopped is not in the registry: so the job is known by its mark.
    let mark = "AGENTSCRIPT_JOB_ID=paced"
    let job = try #require(
      ProcFiles.processes().first { ProcFiles.environment(of: $0, holdsAll: [Array(mark.utf8)]) })
    // The signal reaches it when it has a turn.
    var state: Substring?
    repeat {
      state = TestFile.text("/proc/\(job)/stat").split(separator: ")").last?.prefix(2)
      usleep(5_000)
    } while state != " T" && clock.now < deadline
    #expect(state == " T", "the job has stopped too")
    // Longer than the job's limit of time.
    sleep(3)
    kill(pid, SIGCONT)
    #expect(waitpid(pid, &status, 0) == pid)
    #expect(status == 0, "the job was not timed out: \(status)")
  }

  /// By TERM, and by the death of its guardian, of which a signal tells too.
  @Test(arguments: [SIGTERM, SIGKILL])
  func aProgramStartedWithItsSignalsBlockedIsEndedByThemAllTheSame(_ signal: Int32) async throws {
    let folder = try ScratchFolder()
    let script = try folder.write(#"task { command = "touch up; sleep 60" }"#, to: "blocked.lua")
    let program = try LiveProgram(
      ["env", "--block-signal=TERM,INT,HUP,CHLD", ProgramRun.agentscript, "run", "--quiet", script], in: folder.path,
      environment: ["AGENTSCRIPT_HOME": folder.path + "/.agentscript"])
    #expect(await eventually { access("\(folder.path)/up", F_OK) == 0 })
    let runtime = try #require(program.runtime)
    kill(program.pid, signal)
    #expect(await program.end(within: .seconds(20)) == 128 + signal)
    #expect(await eventually(within: .seconds(20)) { kill(runtime, 0) != 0 })
  }

  /// The locks of Swift's library go by numbers of threads, and the one that came out of the guardian's split has a wrong one
  /// noted: what waits for a lock of its would wait for ever.
  @Test func theThreadThatWasForkedDoesNothingMore() async throws {
    let folder = try ScratchFolder()
    let script = try folder.write(#"task { command = "touch up; sleep 60" }"#, to: "forked.lua")
    let program = try LiveProgram(
      [ProgramRun.agentscript, "run", "--quiet", script], in: folder.path,
      environment: ["AGENTSCRIPT_HOME": folder.path + "/.agentscript"])
    #expect(await eventually { access("\(folder.path)/up", F_OK) == 0 })
    let runtime = try #require(program.runtime)
    func blocked(_ thread: String) -> UInt64? {
      let lines = TestFile.text("/proc/\(runtime)/task/\(thread)/status").split(separator: "\n")
      return lines.first { $0.hasPrefix("SigBlk:") }.flatMap { UInt64($0.dropFirst(8), radix: 16) }
    }
    #expect(blocked("\(runtime)").map { $0 & 1 << UInt64(SIGTERM - 1) != 0 } == true)
    #expect(TestFile.text("/proc/\(runtime)/task/\(runtime)/wchan") != "0", "it sleeps")
    kill(program.pid, SIGTERM)
    #expect(await program.end(within: .seconds(20)) == 143)
  }
}
