import Testing

@testable import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct PruneTests {
  static let day: Int64 = 86_400_000

  static func candidates(_ count: Int) -> [PruneRule.Candidate] {
    (0..<count).map { number in
      PruneRule.Candidate(
        id: JobID(slugOf: "j", run: JobStateTests.run, number: number),
        completedAt: Timestamp(milliseconds: Int64(number) * day), bytes: 100)
    }
  }

  @Test func EachLimitTakesTheOldest() {
    let all = PruneTests.candidates(10)
    let now = Timestamp(milliseconds: 10 * PruneTests.day)
    #expect(PruneRule().victims(of: all, now: now).isEmpty)
    #expect(PruneRule(age: .seconds(5 * 86_400)).victims(of: all, now: now).count == 5)
    #expect(PruneRule(count: 3).victims(of: all, now: now).count == 7)
    #expect(PruneRule(count: 0).victims(of: all, now: now).count == 10)
    #expect(PruneRule(bytes: 250).victims(of: all, now: now).count == 8)
    #expect(PruneRule(bytes: 1000).victims(of: all, now: now).isEmpty)
    #expect(PruneRule(bytes: 100).victims(of: all, now: now, others: 5000).count == 10)
    #expect(PruneRule(age: .seconds(9 * 86_400), count: 3).victims(of: all, now: now).count == 7)
  }

  @Test func RemovingTakesFilesAndRecordAndFreesTheId() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    let record = try await registry.complete("job", run: run)
    _ = try await registry.submit("live", run: run)
    try registry.remove(record.id)
    #expect(try registry.job(record.id) == nil)
    for kind in StateDirectory.JobFile.allCases { #expect(access(folder.state.file(kind, of: record.id), F_OK) != 0) }
    let gone = #expect(throws: RegistryError.self) { try registry.remove(record.id) }
    #expect(gone?.code == .noSuchJob(record.id))
    let live = try JobID(validating: "live")
    let refused = #expect(throws: RegistryError.self) { try registry.remove(live) }
    #expect(refused?.code == .stillLive(live))
    try await registry.complete("job", run: run)
    #expect(try registry.events(since: 0).map(\.sequence) == Array(1...7))
    registry.close()
  }

  @Test func PruningKeepsLiveJobsJobsOfLiveRunsAndAnUnbrokenRangeOfEvents() async throws {
    let folder = try TemporaryFolder()
    let (registry, old) = try folder.registry()
    for number in 1...5 { try await registry.complete("old-\(number)", run: old) }
    let now = RunRecord(script: "now", cwd: "/")
    try registry.begin(run: now)
    try await registry.complete("present", run: now.id)
    _ = try await registry.submit("live", run: now.id)
    try registry.end(run: old, status: .completed, exitCode: 0)
    _ = try folder.write([], to: "state/jobs/.tmp-left")
    var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
    #expect(utimensat(AT_FDCWD, folder.state.jobsPath + "/.tmp-left", &times, 0) == 0)
    let report = try registry.prune(PruneRule(count: 2))
    #expect(report.removed.map(\.rawValue) == ["old-1", "old-2", "old-3"])
    #expect(report.freedBytes > 0)
    #expect(access(folder.state.jobsPath + "/.tmp-left", F_OK) != 0)
    let left = try registry.events(since: 0).map(\.sequence)
    #expect(left == Array(10...19))
    #expect(try registry.firstSequence() == 10)
    let all = try registry.prune(
      PruneRule(age: .zero), now: Timestamp(milliseconds: Timestamp.now().milliseconds + 10_000))
    #expect(all.removed.map(\.rawValue) == ["old-4", "old-5"])
    #expect(try registry.jobs().map(\.id.rawValue) == ["present", "live"])
    #expect(try registry.runs().map(\.id) == [now.id])
    #expect(try registry.latestSequence() == 19)
    #expect(try registry.integrityProblems() == [])
    registry.close()
  }
}
