import Jobs
import Testing

@testable import Runtime
@testable import agentscript

@Suite struct ProgressTests {
  private let start = Moment(wall: Timestamp(milliseconds: 0), monotonic: 1_000_000_000)

  private func after(_ milliseconds: Int) -> Moment {
    Moment(
      wall: Timestamp(milliseconds: Int64(milliseconds)), monotonic: start.monotonic + UInt64(milliseconds) * 1_000_000)
  }

  private func job(_ name: String) throws -> JobState {
    var record = JobRecord(id: try JobID(validating: "\(name)-abc123-1"), run: .random(), kind: .command)
    record.name = name
    return JobState(submitting: record, isReady: true, at: start)
  }

  private func model(_ form: ProgressModel.Form) -> ProgressModel {
    ProgressModel(form: form, palette: Palette(isColored: false))
  }

  @Test func aLogGetsOneLineForEachBeginningAndEnd() throws {
    var model = model(.plain)
    var lint = try job("lint")
    #expect(model.note(lint.record, at: start, clock: "12:00:00", columns: 0) == [])
    _ = lint.apply(.started(pid: 7, pidStarted: 1), at: start)
    #expect(model.note(lint.record, at: start, clock: "12:00:00", columns: 0) == ["[12:00:00] started lint"])
    #expect(model.note(lint.record, at: start, clock: "12:00:00", columns: 0) == [])
    _ = lint.apply(.ended(.failed(.exitNonzero, error: "exit code 1: no such file", exitCode: 1)), at: after(1234))
    #expect(
      model.note(lint.record, at: after(1234), clock: "12:00:01", columns: 0)
        == ["[12:00:01] failed lint after 1.2s: exit code 1: no such file (agentscript logs lint-abc123-1)"])
    #expect(!model.isBusy)
  }

  @Test func aTerminalKeepsEndsAloneAndCutsThemToItsWidth() throws {
    var model = model(.terminal)
    var build = try job("build")
    _ = build.apply(.started(pid: 7, pidStarted: 1), at: start)
    #expect(model.note(build.record, at: start, clock: "", columns: 40) == [])
    _ = build.apply(.ended(.failed(.exitNonzero, error: String(repeating: "long ", count: 30))), at: after(61_000))
    let lines = model.note(build.record, at: after(61_000), clock: "", columns: 40)
    #expect(lines.count == 2 && lines.allSatisfy { TextWidth.of($0) < 40 })
    #expect(lines[0].hasPrefix("✗ build  1m 1s  long long") && lines[0].hasSuffix("…"))
    #expect(lines[1] == "  agentscript logs build-abc123-1")
  }

  @Test func theStatusLineCountsAndNamesTheLongestRunning() throws {
    var model = model(.terminal)
    #expect(model.status(at: start, columns: 80) == nil)
    var first = try job("first")
    var second = try job("second")
    let third = try job("third")
    _ = second.apply(.started(pid: 8, pidStarted: 1), at: start)
    _ = model.note(second.record, at: start, clock: "", columns: 80)
    _ = first.apply(.started(pid: 7, pidStarted: 1), at: after(2000))
    _ = first.apply(.progressed(fraction: 0.4, text: "compiling"), at: after(2000))
    _ = model.note(first.record, at: after(2000), clock: "", columns: 80)
    _ = model.note(third.record, at: after(2000), clock: "", columns: 80)
    #expect(model.status(at: after(3500), columns: 80) == "2 running, 1 queued · second 3s, first 40% 1s")
    for columns in 1...60 { #expect(TextWidth.of(model.status(at: after(3500), columns: columns) ?? "") <= columns) }
    _ = second.apply(.ended(.completed(exitCode: 0)), at: after(4000))
    #expect(model.note(second.record, at: after(4000), clock: "", columns: 80) == ["✓ second  4.0s"])
    #expect(model.status(at: after(4000), columns: 80) == "1 running, 1 queued, 1 done · first 40% 2s")
  }

  @Test func aTableKeepsToTheWidthAndCutsTheLastColumnFirst() {
    var table = TextTable(headings: ["ID", "WHAT"])
    table.add([.init(text: "build-abc123-1"), .init(text: String(repeating: "日本", count: 20))])
    for columns in [30, 40, 100] {
      let lines = table.lines(columns: columns, palette: Palette(isColored: false))
      #expect(lines.allSatisfy { TextWidth.of($0) <= columns })
      #expect(lines[1].hasPrefix("build-abc123-1  日本"))
    }
    var wide = TextTable(headings: ["ID", "STATUS", "TIME", "WHEN", "WHAT"])
    wide.add(["build-abc123-1", "completed", "1.5s", "12s ago", "a long title of a job"].map { .init(text: $0) })
    for columns in 20...90 {
      let lines = wide.lines(columns: columns, palette: Palette(isColored: false))
      #expect(lines.allSatisfy { TextWidth.of($0) <= columns }, "\(columns): \(lines)")
    }
    let narrow = wide.lines(columns: 40, palette: Palette(isColored: false))
    #expect(narrow[1] == "build-abc123-1  completed  a long title…")
    #expect(table.lines(columns: nil, palette: Palette(isColored: false))[1].hasSuffix("日本"))
  }

  @Test func phasesTodosAndQuestionsAreLinesOfALog() throws {
    var model = model(.plain)
    #expect(model.begin(phase: "a\u{1B}[2J", clock: "12:00:00", columns: 0) == "[12:00:00] phase: a\\x1b[2J")
    let item = TodoItem(content: "Write", status: .inProgress, activeForm: "Writing\nit")
    let done = TodoItem(content: "Think", status: .completed, activeForm: "Thinking")
    #expect(model.note(todo: [done, item], clock: "12:00:00") == ["[12:00:00] todo: Writing\\nit (1 of 2 done)"])
    #expect(model.note(todo: [done, item], clock: "12:00:01") == [])
    #expect(model.note(todo: [done], clock: "12:00:01") == [])
    let asked = DecisionRecord(run: .random(), question: "Go\u{7}?")
    #expect(
      model.ask(asked, clock: "12:00:00", columns: 0)
        == "[12:00:00] asks: Go\\x07? (agentscript answer \(asked.id) TEXT)")
  }

  @Test func theStatusLineShowsHowFarTheRunIsAndWhatIsInProgress() throws {
    var model = model(.terminal)
    var first = try job("first")
    _ = first.apply(.started(pid: 7, pidStarted: 1), at: start)
    _ = model.note(first.record, at: start, clock: "", columns: 80)
    #expect(model.status(at: start, columns: 80) == "1 running · first 0s")
    model.estimate = ProgressRollup([.init(stage: .running(30_000), expected: 120_000)], slots: 1)
    _ = model.note(todo: [TodoItem(content: "Write", status: .inProgress, activeForm: "Writing")], clock: "")
    #expect(model.status(at: start, columns: 80) == "1 running · 25%, 1m 30s left · Writing · first 0s")
    #expect(model.status(at: start, columns: 32) == "1 running · 25%, 1m 30s left ·…")
    // What nobody knows is not made up.
    model.estimate = ProgressRollup([.init(stage: .running(30_000))], slots: 1)
    #expect(model.status(at: start, columns: 80) == "1 running · Writing · first 0s")
  }
}
