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
    try RegistryProcessesTests.check(folder.state, holds: acknowledged)
  }

  /// Each acknowledged result is whole, everywhere, and has one end.
  private static func check(_ state: StateDirectory, holds acknowledged: [JobID]) throws {
    let registry = try Registry.open(state)
    #expect(try registry.integrityProblems() == [])
    for id in acknowledged {
      let record = try #require(try registry.job(id))
      #expect(record.status == .completed)
      let said = String(decoding: try OutputReader.excerpt(of: record), as: UTF8.self)
      #expect(said.hasPrefix("line of job ") && said.hasSuffix("\n"))
      let view = try Data(contentsOf: URL(filePath: state.file(.record, of: id)))
      #expect(try JSONDecoder().decode(JobRecord.self, from: view) == record)
      #expect(try registry.events(since: 0, job: id).filter { $0.reason != nil }.count == 1)
    }
    registry.close()
  }

  static let writingCalls = "write,pwrite64,fdatasync,fsync,renameat,renameat2,openat,ftruncate,unlink,link,fchmod"

  /// Every call that changes a file is a point to die at; all of them in the long form, some in the short.
  @Test(.enabled(if: Probe.canTrace, "it takes strace to kill at a chosen call"))
  func AKillAtEachWriteLosesNoAcknowledgedResult() throws {
    let isLong = RegistryProcessesTests.isLong
    var kills = 0
    for point in stride(from: isLong ? 1 : Int.random(in: 1...30), through: 240, by: isLong ? 1 : 30) {
      let folder = try TemporaryFolder()
      let fault = "\(RegistryProcessesTests.writingCalls):signal=SIGKILL:when=\(point)"
      let probe = Probe(["live", folder.state.path, "5"], injecting: fault)
      let text = try probe.output()
      if probe.exitCode == 128 + SIGKILL { kills += 1 }
      let acknowledged = try text.split(separator: "\n").map { try JobID(validating: String($0)) }
      try RegistryProcessesTests.check(folder.state, holds: acknowledged)
      let registry = try Registry.open(folder.state)
      try registry.reconcile()
      #expect(try registry.jobs().allSatisfy { $0.status.isTerminal })
      registry.close()
    }
    #expect(kills > 0)
  }

  @Test(.enabled(if: Probe.canTrace, "it takes strace to make a chosen call fail"))
  func AFailingDiskIsToldAndWhatWasAcknowledgedIsThere() throws {
    let isLong = RegistryProcessesTests.isLong
    var failures = 0
    for error in ["ENOSPC", "EIO"] {
      for point in stride(from: isLong ? 1 : Int.random(in: 1...20), through: 100, by: isLong ? 1 : 20) {
        let folder = try TemporaryFolder()
        // Standard output is a pipe that `write` serves too: that one is left alone.
        let fault = "pwrite64,fdatasync,fsync,renameat,renameat2,ftruncate,fchmod:error=\(error):when=\(point)"
        let probe = Probe(["live", folder.state.path, "5"], injecting: fault)
        let lines = try probe.output().split(separator: "\n")
        #expect(probe.exitCode == 0, "\(error) at \(point)")
        let acknowledged = try lines.filter { !$0.hasPrefix("error: ") }.map { try JobID(validating: String($0)) }
        for line in lines where line.hasPrefix("error: ") {
          failures += 1
          #expect(line.contains("/"), "\(line)")
        }
        try RegistryProcessesTests.check(folder.state, holds: acknowledged)
      }
    }
    #expect(failures > 0)
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
