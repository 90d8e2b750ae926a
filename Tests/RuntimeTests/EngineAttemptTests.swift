import Glibc
import Jobs
import Synchronization
import Testing

@testable import Runtime

/// A value behind a lock.
final class Mutexed<Value: Sendable>: Sendable {
  private let state: Mutex<Value>

  init(_ value: Value) { state = Mutex(value) }

  var value: Value { state.withLock { $0 } }
  func change(_ body: (inout sending Value) -> Void) { state.withLock { body(&$0) } }
}

extension EngineTests {
  /// Retries, gates, second copies and escalations, with real processes.
  @Suite struct EngineAttemptTests {
    private func hooked(
      slots: Int = 10, grace: Duration = .seconds(5),
      _ answer: @escaping @Sendable (JobRecord, FunctionCall) async -> FunctionOutcome
    ) throws -> EngineBench {
      try EngineBench(slots: slots, grace: grace, runFunction: answer)
    }

    private func gate(_ line: String, _ limit: Duration = .seconds(60)) -> Gate {
      Gate(check: .command(.shell(line)), timeLimit: limit)
    }

    private func log(of record: JobRecord) throws -> String {
      let path = try #require(record.outputFile)
      return try #require(Footprint.read(path))
    }

    /// Nobody of the run is left.
    private func isQuiet(_ bench: EngineBench) -> Bool {
      let mark = JobEnvironment.mark(JobEnvironment.Mark.run, bench.run.id.rawValue)
      return !ProcFiles.processes().contains { pid in
        ProcFiles.environment(of: pid, holdsAll: [mark]) && ProcFiles.status(of: pid)?.hasEnded == false
      }
    }

    private func temporaries(_ bench: EngineBench) -> Int {
      var count = 0
      guard let folder = opendir(bench.registry.directory.jobsPath) else { return -1 }
      defer { closedir(folder) }
      while let entry = readdir(folder) {
        if entry.pointee.d_name.0 == CChar(UInt8(ascii: ".")), entry.pointee.d_name.1 == CChar(UInt8(ascii: "t")) {
          count += 1
        }
      }
      return count
    }

    // MARK: Retries

    @Test func theHistoryTellsOfEveryAttempt() async throws {
      let bench = try EngineBench()
      let line =
        "echo x >> tries; n=$(wc -l < tries); echo \"try $n\"; [ $n = 1 ] && exit 7; [ $n = 2 ] && kill -9 $$; :"
      let record = await bench.end(of: bench.shell(line) { $0.retries = 5 })
      #expect(record.status == .completed && record.attempts == 3)
      let history = record.history.attempts
      #expect(history.map(\.attempt) == [1, 2, 3])
      #expect(history.map(\.reason) == [.exitNonzero, .signal, .ok])
      #expect(history[0].exitCode == 7 && history[1].signal == 9 && history[2].error == nil)
      #expect(history[0].error == "exit code 7; last line: 'try 1'")
      #expect(record.json().contains("\"history\""))
      let single = await bench.end(of: bench.shell("exit 1"))
      #expect(single.history.isEmpty, "one attempt alone is what the record tells of anyway")
    }

    @Test func whatCannotBeStartedIsTriedAgainWhereThatIsWished() async throws {
      let bench = try EngineBench()
      var spec = TaskSpec(work: .arguments(["\(bench.folder.path)/later"]))
      spec.retries = 100
      spec.retryDelay = .milliseconds(20)
      spec.retryOn = [.reason(.spawnFailed)]
      let job = bench.engine.submit(spec)
      #expect(await eventually { bench.engine.liveJobs.contains { $0.id == job.id && $0.attempts >= 2 } })
      _ = try bench.folder.write("#!/bin/sh\necho here\n", to: "later.new", mode: 0o755)
      #expect(rename("\(bench.folder.path)/later.new", "\(bench.folder.path)/later") == 0)
      let record = await bench.log.end(of: job.id)
      #expect(record.status == .completed && record.attempts > 2)
      #expect(record.history.attempts.first?.reason == .spawnFailed)
    }

    @Test func whatAnAttemptLeavesBehindDiesWithoutTheNextOne() async throws {
      // The first attempt leaves somebody that ignores TERM, and is killed while the second one runs.
      let line = """
        if [ "$AGENTSCRIPT_ATTEMPT" = 1 ]; then (trap '' TERM; while :; do sleep 0.05; done) & exit 1; fi
        sleep 2; echo done
        """
      let bench = try EngineBench(grace: .milliseconds(600))
      let record = await bench.end(of: bench.shell(line) { $0.retries = 1 })
      #expect(record.status == .completed && record.attempts == 2)
      await bench.engine.drain()
      #expect(isQuiet(bench))
    }

    // MARK: Gates

    @Test func aGateThatPassesLeavesTheOutputAsItIs() async throws {
      let bench = try EngineBench()
      let record = await bench.end(
        of: bench.shell("echo work") {
          $0.environment = ["WORD": "yes"]
          $0.gate = gate("cat; echo \"gate $WORD $AGENTSCRIPT_PART $AGENTSCRIPT_ATTEMPT\"; pwd -P")
        })
      #expect(record.status == .completed && record.attempts == 1)
      #expect(try bench.text(of: record) == "work\n")
      let here = try #require(realpath(bench.folder.path, nil).map { String(cString: $0) })
      #expect(try log(of: record).contains("work\n[GATE] cat; echo"))
      #expect(try log(of: record).contains("\nwork\ngate yes gate 1\n\(here)\n"))
      #expect(bench.log.story(of: record.id) == ["queued", "running", "completed"])
    }

    @Test(arguments: [
      ("echo not good enough; exit 4", "its gate failed: exit code 4; last line: 'not good enough'"),
      ("kill -9 $$", "its gate failed: ended by signal 9 (SIGKILL); no output"),
    ])
    func aGateThatFailsFailsTheAttempt(line: String, error: String) async throws {
      let bench = try EngineBench()
      let record = await bench.end(
        of: bench.shell("echo work") {
          $0.gate = gate(line)
          $0.retries = 1
        })
      #expect(record.status == .failed && record.reason == .gateFailed && record.error == error)
      #expect(record.attempts == 2 && record.exitCode == 0)
      #expect(try bench.text(of: record) == "work\n")
      #expect(record.history.attempts.map(\.reason) == [.gateFailed, .gateFailed])
    }

    @Test func aGateHasATimeLimitAndALimitOfOutputOfItsOwn() async throws {
      let bench = try EngineBench()
      let slow = await bench.end(of: bench.shell("echo work") { $0.gate = gate("sleep 60", .milliseconds(300)) })
      #expect(
        slow.reason == .gateFailed && slow.error == "its gate failed: stopped at its time limit of 300ms; no output")
      let loud = await bench.end(
        of: bench.shell("head -c 100000 /dev/zero") {
          $0.gate = gate("yes")
          $0.limits.output = 200_000
        })
      #expect(loud.reason == .gateFailed && loud.error?.contains("of output") == true)
      #expect(try bench.text(of: loud).utf8.count == 100_000)
      let missing = await bench.end(
        of: bench.shell("true") {
          $0.gate = Gate(check: .command(.arguments(["no-such-gate"])), timeLimit: .seconds(9))
        })
      #expect(missing.reason == .gateFailed && missing.error?.contains("no-such-gate") == true)
      await bench.engine.drain()
      #expect(isQuiet(bench))
    }

    @Test func cancellingReachesTheGatesProcesses() async throws {
      let bench = try EngineBench()
      let job = bench.engine.submit(
        bench.shell("echo work") {
          $0.gate = gate("(sleep 60 & sleep 60) & echo armed; sleep 60")
          $0.retries = 3
        })
      #expect(await bench.hasSaid("armed", job.id))
      #expect(bench.engine.liveJobs.first?.status == .running)
      bench.engine.cancel(job.id, by: "test", reason: "enough")
      let record = await bench.log.end(of: job.id)
      #expect(record.status == .cancelled && record.cancelReason == "enough" && record.attempts == 1)
      #expect(try bench.text(of: record) == "work\n")
      await bench.engine.drain()
      #expect(isQuiet(bench))
      #expect(bench.engine.backend.liveCount == 0)
    }

    @Test func aFunctionAsGateSeesTheWouldBeResult() async throws {
      let seen = Mutexed<[JobRecord]>([])
      let bench = try hooked { record, call in
        #expect(call == .gate)
        seen.change { $0.append(record) }
        return record.attempts == 1
          ? .raised(message: "too early", traceback: "") : .returned(output: [], data: nil)
      }
      let record = await bench.end(
        of: bench.shell("echo \"attempt $AGENTSCRIPT_ATTEMPT\"") {
          $0.gate = Gate(check: .function, timeLimit: .seconds(60))
          $0.retries = 2
        })
      #expect(record.status == .completed && record.attempts == 2)
      #expect(record.history.attempts.first?.error == "its gate failed: too early")
      #expect(seen.value.allSatisfy { $0.status == .completed && $0.exitCode == 0 } && seen.value.count == 2)
      #expect(try bench.text(of: record) == "attempt 2\n")
      #expect(try log(of: record).contains("[GATE] refused\ntoo early\n") && log(of: record).contains("[GATE] passed"))
    }

    @Test func aFunctionAsGateIsGivenUpAtItsTimeLimitAndHeedsACancel() async throws {
      let bench = try hooked(grace: .milliseconds(100)) { _, _ in
        try? await Task.sleep(for: .seconds(3600))
        return .cancelled
      }
      let change: (inout TaskSpec) -> Void = { $0.gate = Gate(check: .function, timeLimit: .milliseconds(200)) }
      let slow = await bench.end(of: bench.shell("echo work", change))
      #expect(slow.reason == .gateFailed && slow.error == "its gate failed: it took longer than its 200ms")
      let job = bench.engine.submit(
        bench.shell("echo work") { $0.gate = Gate(check: .function, timeLimit: .seconds(600)) })
      #expect(await bench.hasSaid("work", job.id))
      bench.engine.cancel(job.id, by: "test", reason: "enough")
      #expect(await bench.log.end(of: job.id).status == .cancelled)
    }

    @Test func aFunctionMayHaveACommandAsItsGate() async throws {
      let bench = try hooked { _, call in
        #expect(call == .attempt(1))
        return .returned(output: Array("value".utf8), data: nil)
      }
      var spec = TaskSpec(work: .function)
      spec.gate = gate("grep -q value || echo missing")
      let passed = await bench.end(of: spec)
      #expect(passed.status == .completed)
      #expect(try bench.text(of: passed) == "value")
      spec.gate = gate("cat >&2; exit 9")
      let failed = await bench.end(of: spec)
      #expect(failed.reason == .gateFailed && failed.error == "its gate failed: exit code 9; last line: 'value'")
      #expect(try bench.text(of: failed) == "value")
    }

    // MARK: Second copies

    /// The first copy hangs; the second one is quick.
    private let tail = "echo \"copy $AGENTSCRIPT_COPY\"; [ $AGENTSCRIPT_COPY = 1 ] && sleep 60; echo done"

    @Test func aSlowCommandGetsASecondCopyWhichMayWin() async throws {
      let bench = try EngineBench()
      let record = await bench.end(of: bench.shell(tail) { $0.hedge = .milliseconds(200) })
      #expect(record.status == .completed && record.hedged == .won && record.attempts == 1)
      #expect(try bench.text(of: record) == "copy 2\ndone\n")
      #expect(record.outputBytes == 12)
      #expect(try log(of: record).contains("copy 1\n[HEDGE] "))
      #expect(bench.log.story(of: record.id) == ["queued", "running", "completed"])
      await bench.engine.drain()
      #expect(isQuiet(bench))
      #expect(temporaries(bench) == 0)
    }

    @Test func theFirstCopyMayWinToo() async throws {
      let bench = try EngineBench()
      let line =
        "[ $AGENTSCRIPT_COPY = 1 ] && { until test -e there; do sleep 0.01; done; echo first; exit 0; }; touch there; sleep 60"
      let record = await bench.end(of: bench.shell(line) { $0.hedge = .milliseconds(100) })
      #expect(record.status == .completed && record.hedged == .lost)
      #expect(try bench.text(of: record) == "first\n")
      let quick = await bench.end(of: bench.shell("echo quick") { $0.hedge = .seconds(60) })
      #expect(quick.status == .completed && quick.hedged == nil)
      await bench.engine.drain()
      #expect(isQuiet(bench))
      #expect(temporaries(bench) == 0)
    }

    @Test func aCopyThatFailsLeavesTheJobToTheOther() async throws {
      let bench = try EngineBench()
      let line = "[ $AGENTSCRIPT_COPY = 1 ] && { sleep 0.6; exit 3; }; sleep 1.2; echo second"
      let record = await bench.end(of: bench.shell(line) { $0.hedge = .milliseconds(100) })
      #expect(record.status == .completed && record.hedged == .won)
      #expect(try bench.text(of: record) == "second\n")
      let both = await bench.end(
        of: bench.shell("echo \"copy $AGENTSCRIPT_COPY\"; sleep 0.4; exit $AGENTSCRIPT_COPY") {
          $0.hedge = .milliseconds(100)
          $0.retries = 1
        })
      #expect(both.status == .failed && both.exitCode == 1 && both.hedged == .lost && both.attempts == 2)
      #expect(try bench.text(of: both) == "copy 1\n")
      await bench.engine.drain()
      #expect(temporaries(bench) == 0)
    }

    @Test func theGateDecidesBetweenTheCopies() async throws {
      let bench = try EngineBench()
      let line = "echo \"copy $AGENTSCRIPT_COPY\"; [ $AGENTSCRIPT_COPY = 1 ] && sleep 0.5; exit 0"
      let record = await bench.end(
        of: bench.shell(line) {
          $0.hedge = .milliseconds(100)
          $0.gate = gate("grep -q 'copy 1'")
        })
      #expect(record.status == .completed && record.hedged == .lost)
      #expect(try bench.text(of: record) == "copy 1\n")
      let other = await bench.end(
        of: bench.shell(tail) {
          $0.hedge = .milliseconds(100)
          $0.gate = gate("echo judged; grep -q 'copy 2'")
        })
      #expect(other.status == .completed && other.hedged == .won)
      #expect(try bench.text(of: other) == "copy 2\ndone\n")
      #expect(try log(of: other).contains("done\n[GATE] echo judged; grep -q 'copy 2'\njudged\n"))
    }

    @Test func bothCopiesEndAtTheTimeLimitAndAtACancel() async throws {
      let bench = try EngineBench()
      let late = await bench.end(
        of: bench.shell("sleep 60") {
          $0.hedge = .milliseconds(100)
          $0.timeout = .milliseconds(600)
        })
      #expect(late.status == .timedOut && late.hedged == .lost)
      let job = bench.engine.submit(
        bench.shell("touch \"copy$AGENTSCRIPT_COPY\"; (sleep 60 & sleep 60) & sleep 60") {
          $0.hedge = .milliseconds(50)
        })
      #expect(await eventually { access("\(bench.folder.path)/copy2", F_OK) == 0 })
      bench.engine.cancel(job.id, by: "test", reason: "enough")
      let record = await bench.log.end(of: job.id)
      #expect(record.status == .cancelled)
      await bench.engine.drain()
      #expect(isQuiet(bench))
      #expect(temporaries(bench) == 0)
      #expect(bench.engine.backend.liveCount == 0)
    }

    @Test func aSecondCopyTakesASlotThatNobodyElseWaitsFor() async throws {
      let one = try EngineBench(slots: 1)
      let alone = await one.end(of: one.shell("sleep 0.5; echo $AGENTSCRIPT_COPY") { $0.hedge = .milliseconds(20) })
      #expect(alone.status == .completed && alone.hedged == nil)
      let bench = try EngineBench(slots: 2)
      let holder = bench.engine.submit(bench.shell("until test -e go; do sleep 0.01; done"))
      #expect(await bench.isRunning(holder.id))
      let line = "echo \"copy $AGENTSCRIPT_COPY\"; [ $AGENTSCRIPT_COPY = 1 ] && sleep 60; touch copy2"
      let slow = bench.engine.submit(bench.shell(line) { $0.hedge = .milliseconds(20) })
      let next = bench.engine.submit(bench.shell("test ! -e copy2"))
      #expect(await bench.hasSaid("copy 1", slow.id))
      _ = try bench.folder.write("", to: "go")
      #expect(await bench.log.end(of: next.id).status == .completed, "who waits for a slot comes first")
      let record = await bench.log.end(of: slow.id)
      #expect(record.status == .completed && record.hedged == .won)
      await bench.engine.drain()
      #expect(bench.engine.look { $0.scheduler.used(.pool) } == 0)
    }

    @Test func aLoserThatIgnoresTheSignalIsKilledAndTheWinnerLives() async throws {
      let bench = try EngineBench(grace: .milliseconds(500))
      let line = """
        if [ $AGENTSCRIPT_COPY = 1 ]; then trap '' TERM; (trap '' TERM; while :; do sleep 0.05; done) & fi
        if [ $AGENTSCRIPT_COPY = 1 ]; then while :; do sleep 0.05; done; fi
        echo won
        """
      let record = await bench.end(
        of: bench.shell(line) {
          $0.hedge = .milliseconds(300)
          $0.gate = gate("sleep 0.2; echo passed")
        })
      #expect(record.status == .completed && record.hedged == .won)
      #expect(try bench.text(of: record) == "won\n")
      await bench.engine.drain()
      #expect(isQuiet(bench))
    }

    // MARK: Escalation

    private func asking(_ decisions: [Escalation], _ seen: Mutexed<[JobRecord]>) throws -> EngineBench {
      try hooked { record, call in
        guard case .escalation = call else { return .returned(output: Array("from a function".utf8), data: nil) }
        let number = seen.value.count
        seen.change { $0.append(record) }
        return .decided(number < decisions.count ? decisions[number] : .stand)
      }
    }

    @Test func afterTheLastAttemptSomebodyDecides() async throws {
      let seen = Mutexed<[JobRecord]>([])
      let bench = try asking([.retry, .replace(Escalation.Replacement(work: .shell("echo instead: $PWD")))], seen)
      let record = await bench.end(
        of: bench.shell("exit 5") {
          $0.retries = 1
          $0.escalation = .function
        })
      #expect(record.status == .completed && record.attempts == 4)
      #expect(try bench.text(of: record).hasPrefix("instead: /"))
      #expect(seen.value.map(\.attempts) == [2, 3])
      #expect(seen.value.allSatisfy { $0.status == .failed && $0.exitCode == 5 })
      #expect(seen.value.map { $0.history.attempts.count } == [2, 3])
      #expect(record.history.attempts.map(\.reason) == [.exitNonzero, .exitNonzero, .exitNonzero, .ok])
      var moved = Escalation.Replacement(work: .shell("pwd -P; test $WORD = x"))
      moved.cwd = "/"
      moved.environment = ["WORD": "x"]
      let other = try asking([.replace(moved)], Mutexed([]))
      let elsewhere = await other.end(of: other.shell("exit 5") { $0.escalation = .function })
      #expect(elsewhere.status == .completed)
      #expect(try other.text(of: elsewhere) == "/\n")
      #expect(try log(of: record).contains("[ESCALATED] instead: echo instead"))
      let story =
        ["queued", "running", "waiting"] + ["queued", "running", "waiting"] + ["queued", "running", "waiting"]
      #expect(bench.log.story(of: record.id) == story + ["queued", "running", "completed"])
    }

    @Test func aDecisionMayBringTheResultOrLetTheFailureStand() async throws {
      let seen = Mutexed<[JobRecord]>([])
      let bench = try asking(
        [.accept(output: Array("by hand".utf8), data: "[1]"), .stand, .undecided("nobody knew")], seen)
      let change: (inout TaskSpec) -> Void = { $0.escalation = .function }
      let accepted = await bench.end(of: bench.shell("exit 5", change))
      #expect(accepted.status == .completed && accepted.data?.text == "[1]")
      #expect(try bench.text(of: accepted) == "by hand")
      let stands = await bench.end(of: bench.shell("exit 5", change))
      #expect(stands.status == .failed && stands.exitCode == 5 && stands.error == "exit code 5; no output")
      let open = await bench.end(of: bench.shell("exit 5", change))
      #expect(open.status == .failed && open.error == "exit code 5; no output; nobody knew")
    }

    @Test func aQuestionHoldsNoSlotAndACancelEndsIt() async throws {
      let asked = Mutexed(false)
      let bench = try hooked(slots: 1) { _, _ in
        asked.change { $0 = true }
        try? await Task.sleep(for: .seconds(3600))
        return .cancelled
      }
      let job = bench.engine.submit(bench.shell("exit 1") { $0.escalation = .person })
      #expect(await eventually { asked.value })
      #expect(bench.engine.liveJobs.first?.status == .waiting)
      #expect(await bench.end(of: bench.shell("true")).status == .completed)
      bench.engine.cancel(job.id, by: "test", reason: "enough")
      let record = await bench.log.end(of: job.id)
      #expect(record.status == .cancelled && record.history.attempts.count == 1)
      await bench.engine.drain()
    }

    @Test func aCommandMayBeReplacedByAFunctionAndEscalationsAreBounded() async throws {
      let seen = Mutexed<[JobRecord]>([])
      let bench = try asking([.replace(Escalation.Replacement(work: .function))], seen)
      let record = await bench.end(of: bench.shell("exit 5") { $0.escalation = .function })
      #expect(record.status == .completed && record.attempts == 2)
      #expect(try bench.text(of: record) == "from a function")
      let count = Mutexed(0)
      let stubborn = try hooked { _, _ in
        count.change { $0 += 1 }
        return .decided(.retry)
      }
      let failed = await stubborn.end(of: stubborn.shell("exit 5") { $0.escalation = .function })
      #expect(failed.status == .failed && failed.attempts == Escalation.most + 1 && count.value == Escalation.most)
      #expect(failed.history.attempts.count == 50 && failed.history.attempts.last?.attempt == Escalation.most + 1)
    }

    // MARK: Prompts

    @Test func aSimplerPromptComesFromTheScript() async throws {
      let bench = try hooked { _, call in
        guard case .simplification(let prompt, let attempt, let error) = call else { return .cancelled }
        if attempt > 3 { return .raised(message: "no simpler one", traceback: "") }
        return .returned(output: Array("\(prompt), simpler for \(attempt) after \(error)".utf8), data: nil)
      }
      var spec = TaskSpec(work: .prompt("all"))
      spec.simplify = .function
      let state = bench.engine.perform { $0.draft(spec) }
      let job = LiveJob(spec, state: state, membership: nil)
      let engine = bench.engine
      #expect(await engine.prompt(of: job, original: "all", attempt: 1, previous: nil, error: "") == .success("all"))
      let second = await engine.prompt(of: job, original: "all", attempt: 2, previous: "all", error: "e")
      #expect(second == .success("all, simpler for 2 after e"))
      let fourth = await engine.prompt(of: job, original: "all", attempt: 4, previous: "x", error: "e")
      #expect(fourth == .failure(PromptSimplification.Failure(sentence: "no simpler one")))
    }
  }
}
