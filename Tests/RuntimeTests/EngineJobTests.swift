import Glibc
import Jobs
import Synchronization
import Testing

@testable import Runtime

extension EngineTests {
  /// Jobs through the engine, with real processes and a real registry.
  @Suite struct EngineJobTests {
    @Test func aCommandRunsAndItsEndIsOnTheDiskBeforeAnybodyHears() async throws {
      let bench = try EngineBench()
      let submitted = bench.engine.submit(
        bench.shell("echo hello; echo \"$AGENTSCRIPT_JOB_ID $AGENTSCRIPT_RUN_ID $AGENTSCRIPT_ATTEMPT\"") {
          $0.name = "Say Hello"
          $0.environment = ["SECRET": "x"]
          $0.origin = "deploy.lua:14"
        })
      #expect(submitted.status == .queued)
      #expect(submitted.id.rawValue == "say-hello-\(bench.run.id.suffix)-1")
      let record = await bench.log.end(of: submitted.id)
      #expect(record.status == .completed && record.reason == .ok && record.exitCode == 0)
      #expect(record.attempts == 1 && record.pid != nil && record.leaked == 0)
      #expect(record.envNames == ["SECRET"] && record.origin == "deploy.lua:14")
      #expect(try bench.text(of: record) == "hello\n\(record.id) \(bench.run.id) 1\n")
      #expect(try bench.registry.job(record.id) == record)
      #expect(bench.log.story(of: record.id) == ["queued", "running", "completed"])
      await bench.engine.drain()
      #expect(bench.engine.liveJobs.isEmpty)
    }

    @Test(arguments: [
      ("exit 3", "exit code 3; no output"),
      (
        "echo first; printf 'npm ERR! \\033[31mmissing script\\n\\n'; exit 3",
        "exit code 3; last line: 'npm ERR! \\u{1B}[31mmissing script'"
      ),
      ("echo oops; kill -9 $$", "ended by signal 9 (SIGKILL); last line: 'oops'"),
      ("printf 'a\\377b'; exit 255", "exit code 255; last line: 'a\u{FFFD}b'"),
    ])
    func aFailureSaysWhatHappenedAndTheLastLine(line: String, error: String) async throws {
      let bench = try EngineBench()
      let record = await bench.end(of: bench.shell(line))
      #expect(record.status == .failed)
      #expect(record.error == error)
      #expect(record.reason == (line.contains("kill") ? .signal : .exitNonzero))
    }

    @Test func aRelativeFolderIsTakenFromTheOneAtTheSubmission() async throws {
      let bench = try EngineBench()
      let here = String(cString: try #require(getcwd(nil, 0)))
      let none = await bench.end(of: bench.shell("pwd -P") { $0.cwd = nil })
      #expect(none.cwd == here)
      let nested = await bench.end(of: bench.shell("pwd -P") { $0.cwd = "Sources/../Sources" })
      #expect(nested.cwd == "\(here)/Sources/../Sources")
      if nested.status == .completed { #expect(try bench.text(of: nested).hasSuffix("/Sources\n")) }
    }

    @Test func whatCannotBeStartedFailsWithASentence() async throws {
      let bench = try EngineBench()
      let missing = await bench.end(of: TaskSpec(work: .arguments(["no-such-program-x"])))
      #expect(missing.status == .failed && missing.reason == .spawnFailed && missing.pid == nil)
      #expect(missing.error?.hasPrefix("the program 'no-such-program-x' was not found in PATH (") == true)
      let nowhere = await bench.end(of: bench.shell("true") { $0.cwd = "/no/such/folder" })
      #expect(nowhere.reason == .spawnFailed)
      #expect(nowhere.error == "the folder '/no/such/folder' is not there")
      let badName = await bench.end(of: bench.shell("true") { $0.environment = ["A=B": "x"] })
      #expect(badName.error == "'A=B' is no name for an environment variable")
    }

    @Test func aPromptFailsAndSaysWhatIsMissing() async throws {
      let bench = try EngineBench()
      var spec = TaskSpec(work: .prompt("Which modules?"))
      spec.agent = "Explore"
      let record = await bench.end(of: spec)
      #expect(record.status == .failed && record.reason == .noProvider && record.kind == .model)
      #expect(record.error?.hasPrefix("no model can be called: set ANTHROPIC_API_KEY") == true)
      #expect(try bench.registry.job(record.id)?.reason == .noProvider)
    }

    @Test func anIdOfTheCallersIsTakenOnce() async throws {
      let bench = try EngineBench()
      var spec = bench.shell("true")
      spec.id = try JobID(validating: "build")
      let record = try await bench.engine.submitChecked(spec)
      #expect(record.id.rawValue == "build")
      _ = await bench.log.end(of: record.id)
      do throws(TaskError) {
        _ = try await bench.engine.submitChecked(spec)
        Issue.record("the id was taken twice")
      } catch {
        #expect(error.code == .usedID)
        #expect(error.description.hasPrefix("a job with the id build exists already"))
      }
    }

    // MARK: Limits, retries

    @Test func aTimeLimitEndsTheJobAsTimedOut() async throws {
      let bench = try EngineBench()
      let record = await bench.end(of: bench.shell("echo working; sleep 60") { $0.timeout = .milliseconds(300) })
      #expect(record.status == .timedOut && record.reason == .timeout)
      #expect(record.error == "stopped at its time limit of 300ms; last line: 'working'")
      #expect(record.signal == 15)
      #expect((300..<3_000).contains(record.durationMs ?? 0))
    }

    @Test func aFailedAttemptIsTriedAgain() async throws {
      let bench = try EngineBench(slots: 1)
      let line = "echo \"attempt $AGENTSCRIPT_ATTEMPT\"; test $AGENTSCRIPT_ATTEMPT = 3"
      let record = await bench.end(
        of: bench.shell(line) {
          $0.retries = 5
          $0.retryDelay = .milliseconds(30)
        })
      #expect(record.status == .completed && record.attempts == 3 && record.maxAttempts == 6)
      #expect(try bench.text(of: record) == "attempt 3\n", "the output is the last attempt's")
      #expect(
        bench.log.story(of: record.id)
          == ["queued", "running", "waiting", "queued", "running", "waiting", "queued", "running", "completed"])
      let never = await bench.end(of: bench.shell("exit 7") { $0.retries = 2 })
      #expect(never.status == .failed && never.attempts == 3 && never.exitCode == 7)
    }

    @Test func aJobThatWaitsForItsNextAttemptGivesItsSlotBack() async throws {
      let bench = try EngineBench(slots: 1)
      let failing = bench.engine.submit(
        bench.shell("exit 1") {
          $0.retries = 1
          $0.retryDelay = .seconds(60)
        })
      let other = await bench.end(of: bench.shell("true"))
      #expect(other.status == .completed)
      bench.engine.cancel(failing.id, by: "test", reason: "enough")
      let record = await bench.log.end(of: failing.id)
      #expect(record.status == .cancelled && record.attempts == 1)
      #expect(record.error == "cancelled by test: enough")
    }

    // MARK: The pool

    @Test func noMoreThanThePoolHasSlotsRunAtOnceInTheirOrder() async throws {
      let bench = try EngineBench(slots: 3)
      let ids = (0..<12).map { _ in bench.engine.submit(bench.shell("sleep 0.02")).id }
      for id in ids { #expect(await bench.log.end(of: id).status == .completed) }
      var running = 0
      var most = 0
      var started: [JobID] = []
      for case .changed(let record) in bench.log.notices {
        if record.status == .running {
          running += 1
          started.append(record.id)
        }
        if record.status.isTerminal { running -= 1 }
        most = max(most, running)
      }
      #expect(started.count == 12)
      #expect(started.prefix(3).sorted() == ids.prefix(3).sorted(), "the first three go first")
      #expect(bench.engine.look { $0.scheduler.holderCount == 0 && $0.scheduler.waitingCount == 0 })
    }

    @Test func tenThousandQueuedJobsAreCheap() async throws {
      let bench = try EngineBench(slots: 1)
      let first = bench.engine.submit(bench.shell("sleep 60")).id
      let before = Footprint.residentKiB
      let ids = (0..<10_000).map { number in bench.engine.submit(bench.shell("true # \(number)")).id }
      _ = await eventually { (try? bench.registry.jobs(JobFilter()).count) == 10_001 }
      let perJob = (Footprint.residentKiB - before) * 1024 / 10_000
      print("a queued job takes \(perJob) bytes, \(MemoryLayout<LiveJob>.size) of them in its own struct")
      #expect(perJob < 16_000)
      bench.engine.cancelAll(by: "test", reason: "enough")
      await bench.engine.drain()
      #expect(await bench.log.end(of: first).status == .cancelled)
      for id in ids { #expect(await bench.log.end(of: id).status == .cancelled) }
    }

    // MARK: Functions

    @Test func aFunctionTakesNoSlotAndItsOutputIsInItsLog() async throws {
      let bench = try EngineBench(slots: 1) { record, call in
        .returned(output: Array("value of \(record.name ?? "") in \(call)".utf8), data: "{\"a\": [1]}")
      }
      let blocker = bench.engine.submit(bench.shell("sleep 60"))
      var spec = TaskSpec(work: .function)
      spec.name = "compute"
      let record = await bench.end(of: spec)
      #expect(record.status == .completed && record.kind == .function && record.pid == nil)
      #expect(try bench.text(of: record) == "value of compute in attempt(1)")
      #expect(record.data?.text == "{\"a\": [1]}")
      bench.engine.cancel(blocker.id, by: "test", reason: "enough")
      await bench.engine.drain()
    }

    /// While somebody is being told of one job, what happens to others waits for its turn to be told.
    @Test func aFunctionFindsAllToldThatHasHappened() async throws {
      let isTelling = Atomic(false)
      let isAsked = Atomic(false)
      let wasTold = Atomic(false)
      let told = Mutex(false)
      let engine = Mutex<JobEngine?>(nil)
      let bench = try EngineBench { record, call in
        guard record.name == "second" else {
          engine.withLock(\.self)?.progress(record.id, fraction: nil, text: "slow to tell")
          return .returned(output: [], data: nil)
        }
        if call == .gate {
          wasTold.store(told.withLock(\.self), ordering: .relaxed)
          isAsked.store(true, ordering: .relaxed)
        } else {
          _ = await eventually { isTelling.load(ordering: .relaxed) }
          engine.withLock(\.self)?.progress(record.id, fraction: nil, text: "told")
        }
        return .returned(output: [], data: nil)
      } observer: { notice in
        guard case .progress(let record) = notice else { return }
        if record.name == "second" { return told.withLock { $0 = true } }
        isTelling.store(true, ordering: .relaxed)
        // Nobody is asked before this has returned: that is waited for, and not long.
        for _ in 0..<100 where !isAsked.load(ordering: .relaxed) { usleep(2_000) }
      }
      engine.withLock { $0 = bench.engine }
      var spec = TaskSpec(work: .function)
      spec.name = "second"
      spec.gate = Gate(check: .function, timeLimit: .seconds(60))
      let second = bench.engine.submit(spec)
      #expect(await bench.isRunning(second.id))
      spec.name = "first"
      spec.gate = nil
      _ = await bench.end(of: spec)
      #expect(await bench.log.end(of: second.id).status == .completed)
      #expect(isAsked.load(ordering: .relaxed) && wasTold.load(ordering: .relaxed))
      engine.withLock { $0 = nil }
      await bench.engine.drain()
    }

    @Test func aFunctionThatRaisesFailsAndMayBeTriedAgain() async throws {
      let bench = try EngineBench { _, call in
        call == .attempt(1)
          ? .raised(message: "t.lua:3: boom", traceback: "stack") : .returned(output: [0x78], data: nil)
      }
      var spec = TaskSpec(work: .function)
      let failed = await bench.end(of: spec)
      #expect(failed.status == .failed && failed.reason == .scriptError && failed.error == "t.lua:3: boom")
      #expect(try bench.text(of: failed) == "t.lua:3: boom\nstack")
      spec.retries = 1
      let second = await bench.end(of: spec)
      #expect(second.status == .completed && second.attempts == 2)
      #expect(try bench.text(of: second) == "x")
    }

    @Test func aFunctionIsCancelledByTheSwiftTaskThatCalledIt() async throws {
      let bench = try EngineBench { _, _ in
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
        return .cancelled
      }
      var spec = TaskSpec(work: .function)
      let job = bench.engine.submit(spec)
      #expect(await bench.isRunning(job.id))
      bench.engine.cancel(job.id, by: "test", reason: "not needed")
      let record = await bench.log.end(of: job.id)
      #expect(record.status == .cancelled && record.reason == .cancelled)
      #expect(record.error == "cancelled by test: not needed")
      spec.timeout = .milliseconds(50)
      let late = await bench.end(of: spec)
      #expect(late.status == .timedOut && late.error == "stopped at its time limit of 50ms")
    }

    @Test func aFunctionThatDoesNotEndIsGivenUp() async throws {
      let bench = try EngineBench(grace: .milliseconds(50)) { _, _ in
        // A host that hears nothing of the cancellation.
        await Task.detached { try? await Task.sleep(for: .seconds(3)) }.value
        return .returned(output: [], data: nil)
      }
      var spec = TaskSpec(work: .function)
      spec.timeout = .milliseconds(20)
      let record = await bench.end(of: spec)
      #expect(record.status == .timedOut)
      #expect(record.error == "stopped at its time limit of 20ms; its function did not end and was given up")
    }

    // MARK: Progress

    @Test func linesOfProgressBecomeEvents() async throws {
      let bench = try EngineBench()
      let line = """
        echo '[PROGRESS] 10% unpacked'; echo noise; echo ' [PROGRESS] not at the start'
        sleep 0.5; echo '[PROGRESS] Step 2'; sleep 0.1; printf '[PROGRESS] 100%%'
        """
      let record = await bench.end(of: bench.shell(line))
      #expect(
        bench.log.story(of: record.id)
          == ["queued", "running", "10% unpacked", "10% Step 2", "100% Step 2", "completed"])
      #expect(record.progress == 1)
      let events = try bench.registry.events(since: 0, job: record.id)
      #expect(events.last?.status == .completed)
      #expect(events.filter { $0.reason != nil }.count == 1)
    }

    @Test func aFunctionsProgressIsInItsLog() async throws {
      let holder = Holder()
      let bench = try EngineBench { record, _ in
        holder.engine?.progress(record.id, fraction: 0.4, text: "linked")
        holder.engine?.progress(record.id, fraction: nil, text: "two\nlines")
        return .returned(output: Array("done".utf8), data: nil)
      }
      holder.engine = bench.engine
      let record = await bench.end(of: TaskSpec(work: .function))
      holder.engine = nil
      #expect(bench.log.story(of: record.id) == ["queued", "running", "40% linked", "40% two\nlines", "completed"])
      #expect(try bench.text(of: record) == "done")
      let whole = record.outputFile.flatMap(Footprint.read)
      #expect(whole?.contains("\n[PROGRESS] 40% linked\n[PROGRESS] two lines\ndone") == true)
    }

    // MARK: Cancelling

    @Test func cancellingReachesJobsInEveryState() async throws {
      let bench = try EngineBench(slots: 1)
      let running = bench.engine.submit(bench.shell("sleep 60"))
      let queued = bench.engine.submit(bench.shell("echo never"))
      #expect(await bench.isRunning(running.id))
      bench.engine.cancel(queued.id, by: "cli", reason: "first")
      bench.engine.cancel(queued.id, by: "cli", reason: "second")
      let never = await bench.log.end(of: queued.id)
      #expect(never.status == .cancelled && never.attempts == 0 && never.cancelReason == "first")
      #expect(never.outputFile.flatMap(Footprint.read) == nil, "it never had any output")
      bench.engine.cancel(running.id, by: "cli", reason: "enough")
      bench.engine.cancel(running.id, by: "cli", reason: "again")
      let ended = await bench.log.end(of: running.id)
      #expect(ended.status == .cancelled && ended.signal == 15 && ended.cancelledBy == "cli")
      #expect(ended.cancelReason == "enough")
      bench.engine.cancel(running.id, by: "cli", reason: "too late")
      #expect(try bench.registry.job(running.id) == ended)
    }

    @Test func anotherProcessMayAskTheOwnerToCancel() async throws {
      let bench = try EngineBench()
      let job = bench.engine.submit(bench.shell("sleep 60"))
      #expect(await bench.isRunning(job.id))
      let other = try Registry.open(StateDirectory(path: "\(bench.folder.path)/state"))
      _ = await eventually { (try? other.job(job.id)?.status) == .running }
      try other.requestCancel(job.id, by: "another terminal", reason: "please")
      let record = await bench.log.end(of: job.id)
      #expect(record.status == .cancelled)
      #expect(record.error == "cancelled by another terminal: please")
      other.close()
    }

    @Test func cancelAllEndsEverythingAndAtOnceKills() async throws {
      let bench = try EngineBench(slots: 2)
      let stubborn = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
      let ids = (0..<4).map { _ in bench.engine.submit(bench.shell(stubborn)).id }
      for id in ids.prefix(2) { #expect(await bench.hasSaid("ready\n", id)) }
      bench.engine.cancelAll(by: "Ctrl-C", reason: "interrupted")
      for id in ids.suffix(2) { #expect(await bench.log.end(of: id).status == .cancelled) }
      #expect(bench.engine.liveJobs.count == 2, "two ignore TERM")
      let start = ContinuousClock.now
      bench.engine.cancelAll(by: "Ctrl-C", reason: "interrupted again", atOnce: true)
      for id in ids.prefix(2) { #expect(await bench.log.end(of: id).signal == 9) }
      #expect(ContinuousClock.now - start < .seconds(2))
      await bench.engine.drain()
    }
  }
}

/// Lets a function reach the engine that runs it.
private final class Holder: Sendable {
  private let value = Mutex<JobEngine?>(nil)

  var engine: JobEngine? {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }
}
