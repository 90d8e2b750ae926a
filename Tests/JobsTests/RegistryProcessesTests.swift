import FoundationEssentials
import Testing

@testable import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Several real processes on one registry. `AGENTSCRIPT_LONG_TESTS=1` runs the long forms.
@Suite(.serialized) struct RegistryProcessesTests {
  static let isLong = ProcessInfo.processInfo.environment["AGENTSCRIPT_LONG_TESTS"] == "1"

  @Test func ManyWritersShareTheRegistryAndNoneIsTurnedAway() throws {
    let folder = try TemporaryFolder()
    let (writers, transitions) = RegistryProcessesTests.isLong ? (16, 500) : (4, 100)
    // The registry is not there yet: they race for making it, too.
    let probes = try (0..<writers).map { _ in try Probe(["write", folder.state.path, "\(transitions)"]) }
    for probe in probes { try probe.start() }
    for probe in probes {
      let text = String(decoding: probe.rest(), as: UTF8.self)
      #expect(text.hasPrefix("\(transitions) transitions"), "\(text)")
    }
    let registry = try Registry.open(folder.state)
    #expect(try registry.jobs().count == writers * transitions / 4)
    #expect(try registry.jobs().allSatisfy { $0.status == .completed })
    let count = writers * transitions
    #expect(try registry.events(since: 0, limit: count + 1).map(\.sequence) == (1...Int64(count)).map { $0 })
    #expect(try registry.runs().count == writers)
    #expect(try registry.integrityProblems() == [])
    registry.close()
  }

  @Test func AKillAtAnyMomentLosesNoAcknowledgedResult() throws {
    let folder = try TemporaryFolder()
    var generator = SystemRandomNumberGenerator()
    var acknowledged: [JobID] = []
    for _ in 0..<(RegistryProcessesTests.isLong ? 300 : 12) {
      let probe = try Probe(["live", folder.state.path])
      try probe.start()
      let text = probe.killAfter(microseconds: UInt32.random(in: 0...60_000, using: &generator))
      for line in String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: true) {
        acknowledged.append(try JobID(validating: String(line)))
      }
      let registry = try Registry.open(folder.state)
      #expect(try registry.integrityProblems() == [])
      try registry.reconcile()
      var filter = JobFilter()
      filter.isLive = true
      #expect(try registry.jobs(filter).isEmpty)
      registry.close()
    }
    #expect(!acknowledged.isEmpty)
    let registry = try Registry.open(folder.state)
    for id in acknowledged {
      let record = try #require(try registry.job(id))
      #expect(record.status == .completed)
      let said = String(decoding: try OutputReader.excerpt(of: record), as: UTF8.self)
      #expect(said.hasPrefix("line of job ") && said.hasSuffix("\n"))
      let view = try Data(contentsOf: URL(filePath: folder.state.file(.record, of: id)))
      #expect(try JSONDecoder().decode(JobRecord.self, from: view) == record)
      #expect(try registry.events(since: 0, job: id).filter { $0.reason != nil }.count == 1)
    }
    registry.close()
  }

  @Test func JobsOfADeadOwnerAreLostOnceWithWhatTheyHadSaid() throws {
    let folder = try TemporaryFolder()
    let probe = try Probe(["abandon", folder.state.path, "70"])
    _ = try probe.output()
    let registry = try Registry.open(folder.state)
    let lost = try registry.reconcile()
    #expect(lost.count == 70)
    #expect(try registry.reconcile().isEmpty)
    for record in lost {
      #expect(record.status == .lost && record.reason == .lost)
      #expect(record.error?.contains("died before the job ended") == true)
      #expect(try registry.job(record.id) == record)
      #expect(String(decoding: try OutputReader.excerpt(of: record), as: UTF8.self) == "half a line")
      let view = try Data(contentsOf: URL(filePath: folder.state.file(.record, of: record.id)))
      #expect(try JSONDecoder().decode(JobRecord.self, from: view) == record)
    }
    #expect(try registry.runs().map(\.status) == [.lost])
    registry.close()
  }

  @Test func JobsOfALivingOwnerAreNotTouched() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    _ = try await registry.submit("mine", run: run)
    #expect(try registry.reconcile().isEmpty)
    // The same number, but another process: it started at another time, or in another life of the machine.
    let me = ProcessIdentity.current()
    #expect(me.isAlive)
    #expect(!ProcessIdentity(pid: me.pid, started: me.started + 1, boot: me.boot).isAlive)
    #expect(!ProcessIdentity(pid: me.pid, started: me.started, boot: "another").isAlive)
    let stranger = RunRecord(
      script: nil, cwd: "/", owner: ProcessIdentity(pid: me.pid, started: me.started + 1, boot: me.boot))
    try registry.begin(run: stranger)
    _ = try await registry.submit("theirs", run: stranger.id)
    #expect(try registry.reconcile().map(\.id.rawValue) == ["theirs"])
    #expect(try registry.job(try JobID(validating: "mine"))?.status == .queued)
    registry.close()
  }
}
