import Jobs
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Jobs that outlive whoever started them: real runners, found through the registry alone.
@Suite struct DetachedTests {
  private let folder: ScratchFolder
  private let home: String

  init() throws {
    folder = try ScratchFolder()
    home = folder.path + "/.agentscript"
  }

  private func run(_ words: String..., seconds: Int = 60) throws -> ProgramRun {
    try ProgramRun(
      [ProgramRun.agentscript] + words, in: folder.path, environment: ["AGENTSCRIPT_HOME": home], seconds: seconds)
  }

  private func shell(_ line: String) throws -> ProgramRun {
    try ProgramRun(
      ["/bin/sh", "-c", line, "sh", ProgramRun.agentscript], in: folder.path,
      environment: ["AGENTSCRIPT_HOME": home])
  }

  private func record(_ id: String) throws -> JobRecord {
    let registry = try Registry.open(StateDirectory(path: home), readOnly: true)
    defer { registry.close() }
    return try #require(try registry.job(JobID(validating: id)))
  }

  @Test func aDetachedJobOutlivesItsScriptAndIsFollowedFromElsewhere() throws {
    _ = try folder.write(
      """
      local job = spawn { id = "far", command = "echo begin; sleep 1; echo end", detach = true, env = { X = "1" } }
      assert(job.id == "far")
      local same = assert(select(2, status("far")))
      assert(same.run ~= run)
      """, to: "start.lua")
    let start = try run("run", "--quiet", "start.lua")
    #expect(start.exitCode == 0, "\(start.talk)")
    #expect(try !record("far").status.isTerminal, "the script did not wait for it")
    let wait = try run("wait", "far")
    #expect(wait.exitCode == 0)
    #expect(try run("results", "far").output.contains("begin\nend"))
    #expect(try record("far").status == .completed)
  }

  @Test func itSurvivesTheDeathOfAllThatStartedIt() throws {
    let start = try shell(
      """
      setsid sh -c '"$0" -e "spawn { id = \\"far\\", command = \\"sleep 1; echo end\\", detach = true } os.execute(\\"touch up\\") sleep(60000)"' "$1" &
      while ! test -e up; do sleep 0.02; done
      guardian=$(pgrep -f "^$1 -e spawn" | head -1); runtime=$(cat /proc/$guardian/task/$guardian/children)
      kill -9 $runtime $guardian; exit 0
      """)
    #expect(start.exitCode == 0, "\(start.talk)")
    #expect(try run("wait", "far").exitCode == 0)
    #expect(try record("far").status == .completed)
  }

  @Test func aKilledRunnersJobIsLostAndNothingOfItIsLeft() throws {
    #expect(try run("spawn", "--detach", "--id", "far", "--", "sh", "-c", "setsid sleep 98 & sleep 99").exitCode == 0)
    // Of the two processes of the runner the upper one is the guardian: both die here, and nobody is left to tidy up.
    let kill = try shell(
      """
      while ! pgrep -f "^sleep 98$" >/dev/null; do sleep 0.02; done
      kill -9 $(pgrep -f "__runner $AGENTSCRIPT_HOME$")
      """)
    #expect(kill.exitCode == 0, "\(kill.talk)")
    // Whoever looks next finds it, and ends what is left.
    let jobs = try run("jobs")
    #expect(jobs.output.contains("lost"), "\(jobs.output)")
    #expect(try record("far").status == .lost)
    #expect(try shell("! pgrep -f '^sleep 9[89]$'").exitCode == 0)
  }

  @Test func whatIsDetachedGoesOnAndTheRestIsGoneWhenTheScriptIsKilled() throws {
    let count = getenv("AGENTSCRIPT_LONG_TESTS") == nil ? 5 : 20
    _ = try folder.write(
      """
      for i = 1, \(count) do
        spawn { id = "far" .. i, command = "echo a; sleep 1.5; echo b; exit " .. i, detach = true }
        spawn { id = "near" .. i, command = "sleep 96" }
      end
      os.execute("touch up")
      sleep(60000)
      """, to: "many.lua")
    let killed = try shell(
      """
      "$1" run --quiet --max-concurrency 100 many.lua & guardian=$!
      while ! test -e up; do sleep 0.02; done
      while test $(pgrep -fc '^sleep 96$') -lt \(count); do sleep 0.02; done
      kill -9 $(cat /proc/$guardian/task/$guardian/children)
      wait $guardian
      test $? = 137
      """)
    #expect(killed.exitCode == 0, "\(killed.talk)")
    #expect(try shell("! pgrep -f '^sleep 96$'").exitCode == 0, "the guardian is gone, and all attached jobs before it")
    for number in 1...count {
      #expect(try run("wait", "far\(number)").exitCode == 1)
      let far = try record("far\(number)")
      #expect(far.exitCode == number && far.status == .failed)
      #expect(try run("results", "far\(number)").output.contains("a\nb"))
      #expect(try record("near\(number)").status == .lost)
    }
  }

  @Test func itIsKilledFromElsewhereAndSaysByWhom() throws {
    #expect(try run("spawn", "--detach", "--id", "far", "--", "sleep", "97").exitCode == 0)
    #expect(try run("kill", "--reason", "enough", "far").exitCode == 0)
    let record = try record("far")
    #expect(record.status == .cancelled)
    #expect(record.cancelReason == "enough")
    #expect(record.cancelledBy == "agentscript kill")
  }

  @Test func aDetachedScriptIsAJobWhoseOutputIsItsOwn() throws {
    _ = try folder.write(
      """
      print("from the script", arg[1])
      local r = task { command = "echo inner" }
      return { success = r.output:find("^inner") ~= nil }
      """, to: "far.lua")
    let start = try run("run", "--detach", "far.lua", "--fast")
    #expect(start.exitCode == 0, "\(start.talk)")
    let id = start.output.split(separator: "\n").joined()
    let wait = try run("wait", id)
    let logs = try run("logs", id)
    #expect(wait.exitCode == 0, "\(wait.output)\(wait.talk)\(logs.output)")
    #expect(try run("results", id).output.contains("from the script\t--fast"))
  }

  @Test func aUsedIdIsRefusedBeforeAnythingRuns() throws {
    #expect(try run("spawn", "--quiet", "--id", "far", "--", "true").exitCode == 0)
    let again = try run("spawn", "--detach", "--id", "far", "--", "true")
    #expect(again.exitCode == 1)
    #expect(again.talk == "agentscript: a job with the id far exists already: choose another id, or remove that job\n")
  }

  @Test func oneJobWithoutAScriptEndsAsTheJobDid() throws {
    let plain = try run("spawn", "--quiet", "--env", "WHO=you", "--", "sh", "-c", "echo hello $WHO")
    #expect((plain.exitCode, plain.output) == (0, "hello you\n"))
    let failed = try run("spawn", "--quiet", "--json", "--", "sh", "-c", "exit 3")
    #expect(failed.exitCode == 1)
    #expect(failed.output.contains("\"exit_code\":3"))
    #expect(try run("spawn", "--quiet", "--timeout", "100ms", "--", "sleep", "5").exitCode == 124)
    #expect(try run("spawn").exitCode == 2)
    #expect(try run("spawn", "--quiet", "--sandbox", "none-such", "--", "true").exitCode == 1)
  }
}
