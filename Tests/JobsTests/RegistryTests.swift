import GRDB
import Testing

@testable import Jobs

@Suite struct RegistryTests {
  @Test func ANewRegistryIsPrivateWhateverTheUmask() throws {
    let folder = try TemporaryFolder()
    let (registry, _) = try folder.registry()
    #expect(folder.mode(folder.state.path) == 0o700)
    #expect(folder.mode(folder.state.jobsPath) == 0o700)
    #expect(folder.mode(folder.state.registryPath) == 0o600)
    #expect(folder.mode(folder.state.registryPath + "-wal") == 0o600)
    #expect(try folder.contents(folder.state.path + "/.gitignore") == StateDirectory.ignored)
    #expect(try registry.runs().count == 1)
    registry.close()
    let names = FileIO.names(in: folder.state.path).filter { $0 != "." && $0 != ".." }
    #expect(names.sorted() == [".gitignore", "jobs", "registry.db"])
  }

  @Test func ACommitIsOnTheDiskWhenItReturns() throws {
    let folder = try TemporaryFolder()
    let (registry, _) = try folder.registry()
    let (mode, synchronous) = try registry.write { database in
      (
        try String.fetchOne(database, sql: "PRAGMA journal_mode"),
        try Int.fetchOne(database, sql: "PRAGMA synchronous")
      )
    }
    #expect(mode == "wal")
    #expect(synchronous == 2, "FULL is 2")
    registry.close()
  }

  @Test func AJobIsReadBackAsItWasWritten() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    var draft = JobRecord(id: try JobID(validating: "all"), run: run, kind: .worker)
    draft.name = "a name"
    draft.description = "with a NUL \0 inside"
    draft.agent = "Explore"
    draft.command = "echo 'é'"
    draft.cwd = "/tmp"
    draft.envNames = ["A", "B"]
    draft.maxAttempts = 3
    draft.parent = try JobID(validating: "parent")
    draft.group = "g"
    draft.dependencies = [try JobID(validating: "dep")]
    draft.origin = "deploy.lua:14"
    draft.labels = ["k": "v"]
    draft.phase = "build"
    draft.topic = "auth"
    draft.priority = 2.5
    draft.speculative = true
    draft.timeoutMs = 600_000
    draft.outputFile = "/x.log"
    draft.model = "m"
    var state = JobState(submitting: draft, isReady: false, at: .now())
    try await registry.commit([state.submission])
    var changes: [JobChange] = []
    changes.append(state.apply(.queued, at: .now()))
    changes.append(state.apply(.started(pid: 5, pidStarted: .max), at: .now()))
    changes.append(state.apply(.progressed(fraction: 0.4, text: "linking"), at: .now()))
    var outcome = JobOutcome.completed(exitCode: 0, data: JSONText(validating: #"{"a":1}"#))
    outcome.output = OutputExtent(start: 1, end: 9)
    outcome.usage = JobUsage(inputTokens: 1, outputTokens: 2, cost: 0.5)
    outcome.leaked = 2
    changes.append(state.apply(.ended(outcome), at: .now()))
    try await registry.commit(changes)
    var expected = state.record
    expected.description = "with a NUL \u{FFFD} inside"
    #expect(try registry.job(state.record.id) == expected)
    let read = try registry.run(run)
    #expect(read?.arguments == ["a", "b"])
    #expect(read?.owner == .current())
    #expect(try registry.integrityProblems() == [])
    registry.close()
  }

  @Test func EachStepIsOneEventAndTheirNumbersHaveNoGap() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    for number in 1...20 {
      try await registry.complete("job-\(number)", run: run)
      // What is refused takes no number.
      await #expect(throws: RegistryError.self) { _ = try await registry.submit("job-\(number)", run: run) }
    }
    let events = try registry.events(since: 0)
    #expect(events.map(\.sequence) == Array(1...60))
    #expect(try registry.latestSequence() == 60)
    for number in 1...20 {
      let own = try registry.events(since: 0, job: try JobID(validating: "job-\(number)"))
      #expect(own.map(\.status) == [.queued, .running, .completed])
      #expect(own.filter { $0.reason != nil }.count == 1)
    }
    #expect(try registry.events(since: 57).map(\.sequence) == [58, 59, 60])
    #expect(try registry.events(since: 0, run: RunID.random()).isEmpty)
    registry.close()
  }

  @Test func AUsedIdIsRefusedAndOthersOfItsBatchAreNot() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    _ = try await registry.submit("one", run: run)
    let error = await #expect(throws: RegistryError.self) { _ = try await registry.submit("one", run: run) }
    #expect(error?.code == .idTaken(try JobID(validating: "one")))
    #expect(error?.description == "a job with the id one exists already: choose another id, or remove that job")
    // Of changes that belong together none is made.
    let two = JobState(
      submitting: JobRecord(id: try JobID(validating: "two"), run: run, kind: .command), isReady: true, at: .now())
    let one = JobState(
      submitting: JobRecord(id: try JobID(validating: "one"), run: run, kind: .command), isReady: true, at: .now())
    await #expect(throws: RegistryError.self) { try await registry.commit([two.submission, one.submission]) }
    #expect(try registry.job(two.record.id) == nil)
    try await registry.commit([two.submission])
    let stranger = JobState(
      submitting: JobRecord(id: try JobID(validating: "three"), run: .random(), kind: .command), isReady: true,
      at: .now())
    let noRun = await #expect(throws: RegistryError.self) { try await registry.commit([stranger.submission]) }
    #expect(noRun?.code == .noSuchRun(stranger.record.run))
    registry.close()
  }

  @Test func TheDatabaseItselfRefusesWhatMustNotBe() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    try await registry.complete("done", run: run)
    _ = try await registry.submit("live", run: run)
    let refused = [
      "UPDATE jobs SET status = 'running', reason = NULL, completed_at = NULL WHERE id = 'done'",
      "UPDATE jobs SET error = 'changed' WHERE id = 'done'",
      "DELETE FROM jobs WHERE id = 'live'",
      "UPDATE jobs SET status = 'completed' WHERE id = 'live'",
      "UPDATE jobs SET status = 'completed', reason = 'timeout', completed_at = 1 WHERE id = 'live'",
      "UPDATE jobs SET status = 'dancing' WHERE id = 'live'",
      "UPDATE jobs SET progress = 1.5 WHERE id = 'live'",
      "UPDATE events SET status = 'failed'",
      "INSERT INTO events (job, job_id, run, at, kind, status, reason, attempt) "
        + "SELECT key, id, run, 1, 'status', 'failed', 'signal', 1 FROM jobs WHERE id = 'done'",
      "UPDATE jobs SET id = '../x' WHERE id = 'live'",
      "DELETE FROM runs",
    ]
    for sql in refused {
      #expect(throws: RegistryError.self, "\(sql)") { try registry.write { try $0.execute(sql: sql) } }
    }
    for name in JobIDTests.hostile where !name.utf8.contains(0) {
      #expect(throws: RegistryError.self, "\(name.debugDescription)") {
        try registry.write { database in
          try database.execute(sql: "UPDATE jobs SET id = ? WHERE id = 'live'", arguments: [name])
        }
      }
    }
    #expect(try registry.job(try JobID(validating: "live"))?.status == .queued)
    registry.close()
  }

  @Test func AnEndedJobTakesNoFurtherEnd() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    var state = try await registry.submit("job", run: run)
    var copy = state
    try await registry.commit([state.apply(.ended(.cancelled(by: "one", why: "first")), at: .now())])
    let error = await #expect(throws: RegistryError.self) {
      try await registry.commit([copy.apply(.ended(.cancelled(by: "two", why: "second")), at: .now())])
    }
    #expect(error?.code == .alreadyEnded(state.record.id))
    #expect(try registry.job(state.record.id)?.cancelledBy == "one")
    registry.close()
  }

  @Test func ProgressThatNobodyCouldHaveSeenIsLeftOut() throws {
    var state = JobStateTests.job()
    var changes = [state.submission, state.apply(.started(pid: 1, pidStarted: 1), at: .now())]
    for step in 1...5 { changes.append(state.apply(.progressed(fraction: Double(step) / 10, text: nil), at: .now())) }
    changes.append(state.apply(.waiting(nil), at: .now()))
    changes.append(state.apply(.progressed(fraction: 0.9, text: nil), at: .now()))
    #expect(JobChange.supersededProgress(in: changes) == [2, 3, 4, 5])
  }

  @Test func NotesAreThereSoonAndBeforeWhatIsCommittedAfterThem() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    var state = try await registry.submit("job", run: run)
    registry.note([state.apply(.started(pid: 7, pidStarted: 8), at: .now())])
    try await registry.commit([state.apply(.waiting(nil), at: .now())])
    #expect(try registry.events(since: 0).map(\.status) == [.queued, .running, .waiting])
    registry.note([state.apply(.resumed, at: .now())])
    registry.close()
    let again = try Registry.open(folder.state, readOnly: true)
    #expect(try again.job(state.record.id)?.status == .running)
    again.close()
  }

  @Test func WishesToCancelReachTheOwnerOnceAndGoWithTheJob() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    var state = try await registry.submit("job", run: run)
    let other = try Registry.open(folder.state)
    let before = try registry.dataVersion()
    try other.requestCancel(state.record.id, by: "kill", reason: "not needed")
    try other.requestCancel(state.record.id, by: "another", reason: "again")
    #expect(try registry.dataVersion() != before)
    let wishes = try registry.pendingCancelRequests(run: run)
    #expect(wishes.map(\.by) == ["kill"])
    #expect(wishes.map(\.reason) == ["not needed"])
    #expect(try registry.events(since: 1).map(\.kind) == [.cancelRequested])
    try await registry.commit([state.apply(.ended(.cancelled(by: "kill", why: "not needed")), at: .now())])
    #expect(try registry.pendingCancelRequests(run: run).isEmpty)
    let late = #expect(throws: RegistryError.self) {
      try other.requestCancel(state.record.id, by: "kill", reason: "late")
    }
    #expect(late?.code == .alreadyEnded(state.record.id))
    let unknown = try JobID(validating: "nobody")
    let missing = #expect(throws: RegistryError.self) { try other.requestCancel(unknown, by: "kill", reason: "") }
    #expect(missing?.description == "there is no job nobody")
    other.close()
    registry.close()
  }

  @Test func JobsAreFoundByWhatIsAsked() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    for number in 1...5 { try await registry.complete("done-\(number)", run: run) }
    _ = try await registry.submit("live", run: run)
    var filter = JobFilter()
    filter.isLive = true
    #expect(try registry.jobs(filter).map(\.id.rawValue) == ["live"])
    filter = JobFilter()
    filter.statuses = [.completed, .failed]
    filter.order = .newestFirst
    filter.limit = 2
    filter.offset = 1
    #expect(try registry.jobs(filter).map(\.id.rawValue) == ["done-4", "done-3"])
    filter = JobFilter()
    filter.run = .random()
    #expect(try registry.jobs(filter).isEmpty)
    #expect(try registry.runs().map(\.id) == [run])
    registry.close()
  }

  @Test func AfterClosingEveryCallSaysSo() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    registry.close()
    registry.close()
    let error = await #expect(throws: RegistryError.self) { _ = try await registry.submit("job", run: run) }
    #expect(error?.code == .closed)
    #expect(throws: RegistryError.self) { try registry.jobs() }
  }
}
