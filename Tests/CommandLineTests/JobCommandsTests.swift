import Foundation
import Jobs
import Testing

@testable import agentscript

/// The commands, as another process than the one that runs the jobs.
@Suite struct JobCommandsTests {
  private let program = Program()

  @Test func jobsAreListedNewestFirstWithTheirStanding() async throws {
    let jobs = try SampleJobs(program.state)
    try await jobs.ended("lint", describe: { $0.description = "style" })
    try await jobs.ended("test", .failed(.exitNonzero, error: "exit code 3", exitCode: 3))
    _ = try await jobs.running("build", describe: { $0.command = "make" })
    let result = program.run("jobs")
    #expect(result.code == 0 && result.errors.isEmpty)
    let rows = result.text.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
    #expect(
      rows.map { $0.prefix(2).joined(separator: " ") } == [
        "ID STATUS", "build running", "test failed", "lint completed",
      ])
    #expect(result.text.contains("exit code 3") && result.text.contains("style") && result.text.contains("make"))
    #expect(program.run("jobs", "-q").text == "build\ntest\nlint\n")
    #expect(program.run("ls", "--status", "failed,running", "-q").text == "build\ntest\n")
    #expect(program.run("bg-jobs", "--run", "last", "-q").text == "build\ntest\nlint\n")
    #expect(program.run("jobs", "--run", "r-zzzzzz").errors == "agentscript: there is no run 'r-zzzzzz'\n")
  }

  @Test func jobsAreChosenByLabelsPhaseAndTopic() async throws {
    let jobs = try SampleJobs(program.state)
    try await jobs.ended("lint", describe: { ($0.labels, $0.phase) = (["team": "web", "tier": "1"], "check") })
    try await jobs.ended("test", describe: { ($0.labels, $0.phase, $0.topic) = (["team": "web"], "check", "auth") })
    try await jobs.ended("ship", describe: { ($0.labels, $0.topic) = (["team": "ops\u{1B}[2J"], "auth") })
    #expect(program.run("jobs", "--label", "team=web", "-q").text == "test\nlint\n")
    #expect(program.run("jobs", "--label", "team=web", "--label", "tier=1", "-q").text == "lint\n")
    #expect(program.run("jobs", "--phase", "check", "--topic", "auth", "-q").text == "test\n")
    #expect(program.run("jobs", "--topic", "auth", "-q").text == "ship\ntest\n")
    #expect(program.run("jobs", "--topic", "none").errors == "agentscript: no job fits\n")
    #expect(program.run("jobs", "--label", "team").code == 2)
    let page = program.run("show", "lint").text
    #expect(page.contains("phase         check") && page.contains("labels        team=web, tier=1"))
    #expect(program.run("show", "ship").text.contains("labels        team=ops\\x1b[2J"))
  }

  @Test func jsonHoldsWholeRecords() async throws {
    let jobs = try SampleJobs(program.state)
    try await jobs.ended("one", describe: { $0.name = "quote \" and é" })
    try await jobs.ended("two")
    let list = try JSONDecoder().decode([JobRecord].self, from: Data(program.run("jobs", "--json").output))
    #expect(list.map(\.id.rawValue) == ["two", "one"])
    #expect(list[1].name == "quote \" and é")
    let one = try JSONDecoder().decode(JobRecord.self, from: Data(program.run("show", "one", "--json").output))
    #expect(one == list[1])
  }

  @Test func theBeginningOfAnIdIsEnoughWhereItBeginsNoOther() async throws {
    let jobs = try SampleJobs(program.state)
    for id in ["build-api", "build-web", "test"] { try await jobs.ended(id) }
    #expect(program.run("show", "te").text.contains("test"))
    let several = program.run("show", "build")
    #expect(several.errors == "agentscript: 'build' begins 2 ids: build-web, build-api\n" && several.code == 1)
    let near = program.run("show", "tset")
    #expect(near.errors == "agentscript: there is no job 'tset'; did you mean test?\n" && near.code == 1)
    let none = program.run("logs", "zzz")
    #expect(none.errors == "agentscript: there is no job 'zzz'; 'agentscript jobs --all' lists all\n")
    let path = program.run("rm", "../../etc/passwd")
    #expect(path.code == 2 && path.errors.contains("must begin with a letter or digit"))
  }

  @Test func logsToAPipeAreTheBytesOfTheFile() async throws {
    let jobs = try SampleJobs(program.state)
    let output = "a\u{1B}[2J\r\u{0}b\n" + String(repeating: "x", count: 300_000) + "\n"
    let record = try await jobs.ended("raw", output: output)
    let file = try #require(FileManager.default.contents(atPath: record.outputFile ?? ""))
    #expect(program.run("logs", "raw").output == Array(file))
    #expect(program.run("results", "raw").text.hasPrefix("a\u{1B}[2J"))
  }

  @Test func logsCanBePickedByLinesAndOffsets() async throws {
    let jobs = try SampleJobs(program.state)
    try await jobs.ended("log", output: "one\ntwo\nthree\n")
    #expect(program.run("logs", "log", "--lines", "4-5").text == "one\ntwo\n")
    #expect(program.run("logs", "log", "--match", "^t.o|hre").text == "two\nthree\n")
    #expect(program.run("logs", "log", "--match", "(").code == 2)
    #expect(program.run("logs", "log", "--tail", "1").text.contains("COMPLETE"))
    struct Part: Decodable { let next: Int, text: String, status: String }
    let part = try JSONDecoder().decode(Part.self, from: Data(program.run("logs", "log", "--json").output))
    #expect(part.text.contains("two\nthree\n") && part.status == "completed")
    #expect(program.run("logs", "log", "--since", "\(part.next)").output.isEmpty)
  }

  @Test func followedLogsEndWithTheJob() async throws {
    let jobs = try SampleJobs(program.state)
    let (state, file) = try await jobs.running("live", output: "first\n")
    let end = program.start(["logs", "-f", "live"])
    try file.append(Array("second\n".utf8))
    try await jobs.end(state, file, .completed(exitCode: 0))
    let text = end().text
    #expect(text.contains("first\nsecond\n") && text.contains("[COMPLETE]"))
  }

  @Test func resultsAreWhatTheJobSaid() async throws {
    let jobs = try SampleJobs(program.state)
    try await jobs.ended("ok", output: "fine\n")
    try await jobs.ended("bad", .failed(.exitNonzero, error: "exit code 3", exitCode: 3), output: "boom\n")
    _ = try await jobs.running("live")
    #expect(program.run("results", "ok").text == "fine\n")
    let bad = program.run("bg-results", "bad")
    #expect(bad.text == "boom\n" && bad.errors == "agentscript: job 'bad' ended as failed: exit code 3\n")
    struct Result: Decodable { let id: String, success: Bool, output: String }
    let both = try JSONDecoder().decode([Result].self, from: Data(program.run("results", "ok", "bad", "--json").output))
    #expect(both.map(\.output) == ["fine\n", "boom\n"] && both.map(\.success) == [true, false])
    let live = program.run("results", "live")
    #expect(live.code == 1)
    #expect(
      live.errors
        == "agentscript: job 'live' has not ended, it is running; 'agentscript wait live' waits for it\n")
  }

  @Test func waitTellsByItsCodeHowTheJobsEnded() async throws {
    let jobs = try SampleJobs(program.state)
    try await jobs.ended("ok")
    try await jobs.ended("bad", .failed(.exitNonzero, error: "exit code 3", exitCode: 3))
    #expect(program.run("wait", "ok").code == 0)
    #expect(program.run("wait", "ok", "bad", "--quiet").code == 1)
    let (state, file) = try await jobs.running("live")
    let late = program.run("wait", "live", "--timeout", "200ms")
    #expect(late.code == 124 && late.errors == "agentscript: the time was over before these ended: live\n")
    let end = program.start(["wait", "live"])
    try await jobs.end(state, file, .completed(exitCode: 0))
    let result = end()
    #expect(result.code == 0 && result.text.hasPrefix("✓ live  completed"))
  }

  @Test func killAsksTheOwnerAndWaitsForTheEnd() async throws {
    let jobs = try SampleJobs(program.state)
    let (state, file) = try await jobs.running("live")
    let end = program.start(["kill", "live", "--reason", "enough", "--timeout", "60s"])
    var request: CancelRequest?
    while request == nil {
      request = try jobs.registry.pendingCancelRequests(run: jobs.run.id).first
      await Task.yield()
    }
    #expect(request?.job == state.record.id && request?.reason == "enough")
    try await jobs.end(state, file, .cancelled(by: request?.by ?? "", why: request?.reason ?? ""))
    let result = end()
    #expect(result.code == 0 && result.text.hasPrefix("⊘ live  cancelled"))
    let again = program.run("kill", "live")
    #expect(again.code == 0 && again.errors == "agentscript: job 'live' has ended already, it is cancelled\n")
  }

  @Test func killGivesUpWhenTheOwnerDoesNotAnswer() async throws {
    let jobs = try SampleJobs(program.state)
    _ = try await jobs.running("deaf")
    let result = program.run("bg-kill", "deaf", "--timeout", "200ms")
    #expect(result.code == 124)
    #expect(
      result.errors == "agentscript: asked to end, but the process that runs them has not done so yet: deaf\n")
  }

  @Test func jobsOfADeadOwnerAreLostAtTheFirstLook() async throws {
    let dead = ProcessIdentity(pid: 1 << 22 + 5, started: 1, boot: ProcessIdentity.bootID())
    let jobs = try SampleJobs(program.state, owner: dead)
    _ = try await jobs.running("orphan")
    #expect(program.run("jobs", "--status", "lost", "-q").text == "orphan\n")
    let wait = program.run("wait", "orphan")
    #expect(wait.code == 1 && wait.text.contains("lost"))
  }

  @Test func onlyEndedJobsAreRemoved() async throws {
    let jobs = try SampleJobs(program.state)
    let record = try await jobs.ended("old")
    _ = try await jobs.running("live")
    let refused = program.run("rm", "old", "live")
    #expect(refused.code == 1)
    #expect(
      refused.errors == "agentscript: job 'live' has not ended, it is running; 'agentscript kill live' ends it\n")
    #expect(program.run("rm", "old").text == "old\n")
    #expect(!FileManager.default.fileExists(atPath: record.outputFile ?? "/"))
    #expect(program.run("jobs", "-q").text == "live\n")
  }

  @Test func pruneKeepsWhatItIsTold() async throws {
    let jobs = try SampleJobs(program.state)
    for number in 1...3 { try await jobs.ended("job-\(number)") }
    try jobs.registry.end(run: jobs.run.id, status: .completed, exitCode: 0)
    #expect(program.run("prune").text.hasPrefix("removed 0 jobs"))
    #expect(program.run("prune", "--keep", "1").text.hasPrefix("removed 2 jobs"))
    #expect(program.run("jobs", "-q").text == "job-3\n")
  }

  @Test(arguments: TerminalTextTests.attacks.indices)
  func whatAJobWroteReachesNoTerminalThroughAnyField(index: Int) throws {
    // The pages as a terminal gets them: colours off, so that every escape byte in them is a job's.
    let text = String(decoding: TerminalTextTests.attacks[index].bytes, as: UTF8.self)
    var record = JobRecord(id: try JobID(validating: "x"), run: .random(), kind: .command)
    record.name = text
    record.description = text
    record.agent = text
    record.command = text
    record.cwd = text
    record.group = text
    record.origin = text
    record.model = text
    record.outputFile = text
    var state = JobState(submitting: record, isReady: true, at: .now())
    _ = state.apply(.started(pid: 1, pidStarted: 1), at: .now())
    _ = state.apply(.progressed(fraction: 0.5, text: text), at: .now())
    let view = JobView(palette: Palette(isColored: false), now: .now())
    var shown = view.table([state.record], columns: 80) + view.page(state.record)
    for form in [ProgressModel.Form.terminal, .plain] {
      var model = ProgressModel(form: form, palette: Palette(isColored: false))
      shown += model.note(state.record, at: .now(), clock: "12:00:00", columns: 80)
      shown += [model.status(at: .now(), columns: 80) ?? ""]
      var ended = state
      _ = ended.apply(.ended(.cancelled(by: text, why: text)), at: .now())
      shown += model.note(ended.record, at: .now(), clock: "12:00:00", columns: 80) + view.page(ended.record)
      shown += [view.ending(ended.record)]
    }
    for line in shown {
      #expect(
        line.unicodeScalars.allSatisfy { !TerminalText.isDangerous($0) }, "\(TerminalTextTests.attacks[index].name)")
    }
    let json = TerminalText.json(state.record.json(pretty: true))
    #expect(json.unicodeScalars.allSatisfy { $0 == "\n" || !TerminalText.isDangerous($0) })
  }
}
