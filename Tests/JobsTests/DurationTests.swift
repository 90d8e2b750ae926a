import GRDB
import Testing

@testable import Jobs

@Suite struct DurationTests {
  /// Takes a job to an end after so many milliseconds.
  private func run(
    _ name: String?, _ command: String?, _ milliseconds: Int, _ outcome: JobOutcome = .completed(), id: String,
    of run: RunID, in registry: Registry
  ) async throws {
    var draft = JobRecord(id: try JobID(validating: id), run: run, kind: .command)
    draft.name = name
    draft.command = command
    let began = Moment.now()
    let ended = Moment(
      wall: began.wall, monotonic: began.monotonic + UInt64(milliseconds) * 1_000_000)
    var state = JobState(submitting: draft, isReady: true, at: began)
    try await registry.commit([state.submission])
    try await registry.commit([state.apply(.started(pid: 1, pidStarted: 2), at: began)])
    try await registry.commit([state.apply(.ended(outcome), at: ended)])
  }

  @Test func ATaskIsExpectedToTakeWhatItTookBefore() async throws {
    let folder = try TemporaryFolder()
    let (registry, id) = try folder.registry()
    let long = String(repeating: "é", count: 5000)
    try await run("build", "make", 1000, id: "a", of: id, in: registry)
    try await run("build", "make", 2000, id: "b", of: id, in: registry)
    try await run("build", "make clean", 80, id: "c", of: id, in: registry)
    try await run(nil, long, 600, id: "d", of: id, in: registry)
    try await run("short", "true", 49, id: "e", of: id, in: registry)
    try await run("bad", "false", 900, .failed(.exitNonzero, error: "exit code 1"), id: "f", of: id, in: registry)
    let expected = try registry.expectedDurations(of: [
      ("build", "make"), ("build", "make clean"), ("build", nil), (nil, "make"), (nil, long), (nil, long + "é"),
      ("short", "true"), ("bad", "false"), (nil, nil),
    ])
    #expect(expected == [1500, 80, nil, nil, 600, nil, nil, nil, nil])
    registry.close()
  }

  @Test func AChangeIsFollowedWithinAFewRuns() async throws {
    let folder = try TemporaryFolder()
    let (registry, id) = try folder.registry()
    for number in 1...20 { try await run("t", "x", 10_000, id: "slow-\(number)", of: id, in: registry) }
    for number in 1...8 { try await run("t", "x", 100, id: "fast-\(number)", of: id, in: registry) }
    let expected = try #require(try registry.expectedDurations(of: [("t", "x")])[0])
    #expect((100...1500).contains(expected), "\(expected)")
    registry.close()
  }

  @Test func TenThousandTasksAreLookedUpAtOnce() async throws {
    let folder = try TemporaryFolder()
    let (registry, _) = try folder.registry()
    try registry.write { database in
      try database.execute(
        sql: """
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
          INSERT INTO durations SELECT \(Schema.identity(name: "'t' || i", command: "'make ' || i")), i, 1, 1 FROM n
          """)
    }
    let tasks: [(name: String?, command: String?)] = (1...10_000).map { ("t\($0)", "make \($0)") }
    let began = Moment.now()
    #expect(try registry.expectedDurations(of: tasks) == Array(1...10_000))
    #expect(Moment.now().millisecondsSince(began) < 3000)
    registry.close()
  }

  @Test func PruningForgetsWhatNobodyRunsAnyMore() async throws {
    let folder = try TemporaryFolder()
    let (registry, id) = try folder.registry()
    try await run("new", "x", 100, id: "a", of: id, in: registry)
    try registry.write { database in
      try database.execute(sql: "INSERT INTO durations VALUES ('old' || char(10) || 'x' || char(10) || 1, 70, 1, 1000)")
    }
    #expect(try registry.expectedDurations(of: [("old", "x"), ("new", "x")]) == [70, 100])
    _ = try registry.prune()
    #expect(try registry.expectedDurations(of: [("old", "x"), ("new", "x")]) == [nil, 100])
    try registry.write { database in
      try database.execute(
        sql: """
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
          INSERT INTO durations SELECT 't' || i, 60, 1, \(Timestamp.now().milliseconds) - i FROM n
          """)
    }
    _ = try registry.prune()
    let left = try registry.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM durations") }
    #expect(left == 20_001)
    registry.close()
  }

  @Test func ARegistryOfTheThirdVersionIsBroughtUp() async throws {
    let folder = try TemporaryFolder()
    let (registry, id) = try folder.registry()
    try await registry.complete("before", run: id)
    try registry.write { try $0.execute(sql: TemporaryFolder.undoVersion4) }
    registry.close()
    let upgraded = try Registry.open(folder.state)
    #expect(try upgraded.job(try JobID(validating: "before"))?.speculative == false)
    var state = try await upgraded.submit("after", run: id)
    try await upgraded.commit([state.apply(.ended(.skipped(.condition, error: "its `when` was false")), at: .now())])
    #expect(try upgraded.job(state.record.id)?.reason == .condition)
    try await run("build", "make", 700, id: "timed", of: id, in: upgraded)
    #expect(try upgraded.expectedDurations(of: [("build", "make")]) == [700])
    #expect(try upgraded.integrityProblems() == [])
    upgraded.close()
  }

  @Test func JobsAreFoundByLabelsPhaseAndTopic() async throws {
    let folder = try TemporaryFolder()
    let (registry, id) = try folder.registry()
    for (name, labels, phase, topic) in [
      ("a", ["team": "red", "tier": "1"], "build", "auth"), ("b", ["team": "red"], "test", "auth"),
      ("c", ["team": "blue", "1": "team"], "test", nil), ("d", [:], nil, nil),
    ] {
      var draft = JobRecord(id: try JobID(validating: name), run: id, kind: .command)
      (draft.labels, draft.phase, draft.topic) = (labels, phase, topic)
      try await registry.commit([JobState(submitting: draft, isReady: true, at: .now()).submission])
    }
    func found(_ change: (inout JobFilter) -> Void) throws -> String {
      var filter = JobFilter()
      change(&filter)
      return try registry.jobs(filter).map(\.id.rawValue).joined()
    }
    #expect(try found { $0.labels = ["team": "red"] } == "ab")
    #expect(try found { $0.labels = ["team": "red", "tier": "1"] } == "a")
    #expect(try found { $0.labels = ["team": "green"] } == "")
    #expect(try found { $0.phase = "test" } == "bc")
    #expect(try found { ($0.topic, $0.phase) = ("auth", "test") } == "b")
    registry.close()
  }
}
