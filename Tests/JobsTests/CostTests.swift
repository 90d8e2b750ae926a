import FoundationEssentials
import GRDB
import Testing

@testable import Jobs

@Suite struct CostTests {
  private func usage(_ calls: [(model: String, input: Int, output: Int, cost: Double?)]) -> JobUsage {
    calls.reduce(into: JobUsage()) { usage, call in
      usage.addCall(
        model: call.model, inputTokens: call.input, outputTokens: call.output, cacheReadTokens: 5, cacheWriteTokens: 1,
        cost: call.cost)
    }
  }

  /// Takes a job to its end in attempts that each came to such a count of the whole.
  @discardableResult
  private func job(
    _ id: String, of run: RunID, in registry: Registry, group: String? = nil, agent: String? = nil,
    attempts: [JobUsage], at wall: Timestamp = .now()
  ) async throws -> JobRecord {
    var draft = JobRecord(id: try JobID(validating: id), run: run, kind: .model)
    // A column of that name must not pass for what is added up by.
    draft.name = "task"
    draft.group = group
    draft.agent = agent
    let moment = Moment(wall: wall, monotonic: Moment.now().monotonic)
    var state = JobState(submitting: draft, isReady: true, at: moment)
    try await registry.commit([state.submission])
    for (place, usage) in attempts.enumerated() {
      try await registry.commit([state.apply(.started(pid: nil, pidStarted: nil), at: moment)])
      try await registry.commit([state.apply(.spent(usage), at: moment)])
      let isLast = place == attempts.count - 1
      let event: JobEvent =
        isLast ? .ended(.completed()) : .retrying(.failed(.scriptError, error: "it did not work"))
      try await registry.commit([state.apply(event, at: moment)])
    }
    return state.record
  }

  @Test func CallsAddUpToTheLastPicodollarInAnyOrder() {
    var calls = (1...300).map { ("a/m\($0 % 3)", $0, 1, Double($0) * 1e-7 as Double?) }
    let forwards = usage(calls)
    calls.reverse()
    #expect(usage(calls) == forwards)
    #expect(forwards.cost == 0.004515 && forwards.calls == 300 && forwards.cacheWriteTokens == 300)
    #expect(forwards.models.count == 3)
    #expect(forwards.models.values.reduce(into: 0) { $0 += $1.inputTokens } == forwards.inputTokens)
    var double = forwards
    double.add(forwards)
    #expect(double.cost == 0.00903 && double.since(forwards) == forwards && forwards.since(forwards) == nil)
  }

  @Test func EachAttemptKnowsWhatItTook() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    let first = usage([("a/x", 100, 10, 0.01)])
    var both = first
    let second = usage([("a/x", 50, 5, 0.005), ("b/y", 7, 1, nil)])
    both.add(second)
    let record = try await job("one", of: run, in: registry, attempts: [first, both])
    #expect(record.usage == both && record.history.attempts.map(\.usage) == [first, second])
    let read = try #require(try registry.job(record.id))
    #expect(read == record && read.usage?.models["b/y"]?.cost == nil && read.usage?.unpricedCalls == 1)
    #expect(read.json().contains("\"cache_write_tokens\": 3"))
    let decoded = try JSONDecoder().decode(JobRecord.self, from: Data(read.json().utf8))
    #expect(decoded == record)
    registry.close()
  }

  @Test func WhatAnEarlierVersionWroteIsRead() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    let record = try await job("old", of: run, in: registry, attempts: [JobUsage(inputTokens: 1, outputTokens: 1)])
    registry.close()
    let database = try DatabaseQueue(path: folder.state.path + "/registry.db")
    try await database.write { database in
      try database.execute(sql: "DROP TRIGGER jobs_ended")
      try database.execute(
        sql: """
          UPDATE jobs SET model = 'a/x', usage = '{"input_tokens":7,"output_tokens":2,"cache_read_tokens":0,"cost":0.5}'
          """)
    }
    try database.close()
    let again = try Registry.open(folder.state)
    #expect(try again.job(record.id)?.usage == JobUsage(inputTokens: 7, outputTokens: 2, cost: 0.5))
    let sums = try again.costs(by: .model)
    #expect(sums.map(\.name) == ["a/x"] && sums[0].usage.cost == 0.5 && sums[0].usage.calls == 0)
    again.close()
  }

  @Test func CostsAreAddedUpByWhatIsAsked() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    let other = RunRecord(script: "other.lua", cwd: "/")
    try registry.begin(run: other)
    let day = try #require(Timestamp("2026-03-01T23:59:59Z"))
    try await job(
      "one", of: run, in: registry, group: "g", agent: "Explore", attempts: [usage([("a/x", 100, 10, 0.25)])], at: day)
    try await job(
      "two", of: run, in: registry, group: "g", attempts: [usage([("a/x", 1, 1, 0.5), ("a/z/q", 2, 2, 1)])])
    try await job("three", of: other.id, in: registry, attempts: [usage([("b/y", 3, 3, nil)])])
    try await job("none", of: other.id, in: registry, attempts: [])
    func names(_ key: CostKey, _ filter: CostFilter = CostFilter()) throws -> [String] {
      try registry.costs(by: key, filter).map { "\($0.name) \($0.jobs) \($0.usage.calls) \($0.usage.cost ?? -1)" }
    }
    #expect(try names(.model) == ["a/z/q 1 1 1.0", "a/x 2 2 0.75", "b/y 1 1 -1.0"])
    #expect(try names(.provider) == ["a 2 3 1.75", "b 1 1 -1.0"])
    #expect(try names(.job) == ["two 1 2 1.5", "one 1 1 0.25", "three 1 1 -1.0"])
    #expect(try names(.group) == ["g 2 3 1.75", " 1 1 -1.0"])
    #expect(try names(.run) == ["\(run) 2 3 1.75", "\(other.id) 1 1 -1.0"])
    #expect(try names(.agent) == [" 2 3 1.5", "Explore 1 1 0.25"])
    #expect(try names(.day).first == "2026-03-01 1 1 0.25")
    #expect(try names(.job, CostFilter(run: run, since: day)).count == 2)
    #expect(try names(.job, CostFilter(since: Timestamp(milliseconds: day.milliseconds + 1))).count == 2)
    #expect(try registry.cost(CostFilter(group: "g")).cost == 1.75)
    let all = try registry.cost()
    #expect(all.calls == 4 && all.unpricedCalls == 1 && all.totalTokens == 106 + 16 + 24)
    registry.close()
  }
}
