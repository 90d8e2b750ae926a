import Jobs
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// kill -9 of the program at random moments while it runs many short jobs: of the runtime alone, or of its guardian too.
@Suite struct ProgramKillTests {
  static let rounds = getenv("AGENTSCRIPT_LONG_TESTS") == nil ? 6 : 50

  @Test(arguments: 1...rounds) func whatHadEndedIsWholeAndTheRestIsRecognised(_ round: Int) throws {
    let folder = try ScratchFolder()
    _ = try folder.write(
      """
      local jobs = {}
      for i = 1, 400 do
        jobs[i] = spawn { name = "n" .. i, command = "echo begin " .. i .. "; echo end " .. i }
      end
      wait(jobs)
      """, to: "many.lua")
    let milliseconds = Int.random(in: 20...900)
    let line = """
      "$1" run --quiet many.lua & program=$!
      sleep \(Double(milliseconds) / 1000); runtime=$(cat /proc/$program/task/$program/children)
      kill -9 $runtime \(round.isMultiple(of: 2) ? "$program" : ""); wait $program; exit 0
      """
    let home = folder.path + "/.agentscript"
    _ = try ProgramRun(
      ["/bin/sh", "-c", line, "sh", ProgramRun.agentscript], in: folder.path, environment: ["AGENTSCRIPT_HOME": home])
    let directory = StateDirectory(path: home)
    guard directory.holdsRegistry else { return }  // killed before its first job
    let registry = try Registry.open(directory)
    defer { registry.close() }
    #expect(try registry.integrityProblems() == [])
    let lost = try registry.reconcile()
    #expect(lost.allSatisfy { $0.status == .lost })
    let jobs = try registry.jobs()
    for job in jobs {
      #expect(job.status == .completed || job.status == .lost, "\(job.id) is \(job.status)")
      guard job.status == .completed, let number = job.name?.dropFirst() else { continue }
      let output = String(decoding: try OutputReader.excerpt(of: job), as: UTF8.self)
      #expect(output == "begin \(number)\nend \(number)\n")
      #expect(access(directory.file(.record, of: job.id), R_OK) == 0, "the record of \(job.id) is on disk")
    }
    // Whoever looks next finds the same, and finds nobody running.
    #expect(try registry.reconcile() == [])
    #expect(try registry.jobs() == jobs)
  }
}
