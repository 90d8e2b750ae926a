import FoundationEssentials
import GRDB
import Testing

@testable import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct RegistryRefusalTests {
  @Test func ARegistryOfALaterVersionIsRefusedInOnePlainSentence() throws {
    let folder = try TemporaryFolder()
    let (registry, _) = try folder.registry()
    try registry.write { try $0.execute(sql: "PRAGMA user_version = 7") }
    registry.close()
    for readOnly in [true, false] {
      let error = #expect(throws: RegistryError.self) { try Registry.open(folder.state, readOnly: readOnly) }
      #expect(error?.code == .newerSchema(found: 7, known: Schema.version))
      #expect(
        error?.description == "\(folder.state.registryPath) was made by a newer agentscript (schema 7, this one knows "
          + "\(Schema.version)): use that version, or another state folder by AGENTSCRIPT_HOME")
    }
  }

  @Test func AForeignDatabaseAndAFileThatIsNoneAreRefused() throws {
    let folder = try TemporaryFolder()
    try folder.state.create()
    let other = try DatabaseQueue(path: folder.state.registryPath)
    try other.write { try $0.execute(sql: "CREATE TABLE theirs (x)") }
    try other.close()
    let foreign = #expect(throws: RegistryError.self) { try Registry.open(folder.state) }
    #expect(foreign?.code == .notARegistry)
    let second = try TemporaryFolder()
    try second.state.create()
    _ = try second.write(Array(repeating: UInt8(ascii: "x"), count: 10_000), to: "state/registry.db")
    let garbage = #expect(throws: RegistryError.self) { try Registry.open(second.state) }
    #expect(garbage?.code == .notARegistry)
  }

  @Test func ForReadingNothingIsMade() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: RegistryError.self) { try Registry.open(folder.state, readOnly: true) }
    #expect(error?.code == .missing)
    #expect(FileIO.names(in: folder.path).count == 2, "only . and ..")
  }

  @Test func ARegistryThatIsALinkIsRefused() throws {
    let folder = try TemporaryFolder()
    try folder.state.create()
    let target = try folder.write([], to: "target")
    #expect(symlink(target, folder.state.registryPath) == 0)
    let error = #expect(throws: RegistryError.self) { try Registry.open(folder.state) }
    #expect(error?.code == .notARegistry)
    #expect(try folder.contents(target) == "")
  }

  @Test(.enabled(if: geteuid() == 0, "it takes root to become somebody else"))
  func AStateFolderWithoutWritePermissionIsToldWithTheRemedy() throws {
    let folder = try TemporaryFolder()
    let probe = try Probe(["read", folder.path + "/locked/state"], as: 65534)
    #expect(mkdir(folder.path + "/locked", 0o755) == 0)
    #expect(chmod(folder.path, 0o755) == 0)
    let text = try probe.output()
    #expect(text.contains("cannot create \(folder.path)/locked/state (Permission denied)"))
    #expect(text.contains("set AGENTSCRIPT_HOME to a folder of your own"))
    // A folder of one's own, that was locked after the registry was made.
    let own = folder.path + "/own"
    #expect(mkdir(own, 0o700) == 0 && chown(own, 65534, 65534) == 0)
    #expect(try Probe(["read", own + "/state"], as: 65534).output() == "opened, 0 jobs\n")
    #expect(chmod(own + "/state/registry.db", 0o400) == 0)
    let file = try Probe(["read", own + "/state"], as: 65534).output()
    #expect(file.contains("cannot write \(own)/state/registry.db"))
    #expect(chmod(own + "/state", 0o500) == 0)
    #expect(try Probe(["read", own + "/state"], as: 65534).output().contains("cannot write \(own)/state "))
    // And one that belongs to somebody else.
    #expect(try Probe(["read", own + "/state"]).output().contains("belongs to user 65534 and you are user 0"))
  }

  #if os(Linux)
    @Test(.enabled(if: geteuid() == 0, "it takes root to mount a small disk"))
    func AFullDiskIsToldAndNothingIsRecordedThatIsNotStored() async throws {
      let folder = try TemporaryFolder()
      let disk = folder.path + "/disk"
      #expect(mkdir(disk, 0o700) == 0)
      guard mount("none", disk, "tmpfs", 0, "size=1m,mode=700") == 0 else { return }
      defer { umount2(disk, Int32(MNT_DETACH)) }
      let state = StateDirectory(path: disk + "/state")
      let registry = try Registry.open(state)
      let run = RunRecord(script: "full", cwd: "/")
      try registry.begin(run: run)
      var failure: RegistryError?
      var finished: [JobRecord] = []
      var unfinished: FinishedJob?
      for number in 1...200 {
        var job = try? await registry.submit("job-\(number)", run: run.id)
        guard job != nil else { break }
        guard
          let output = try? OutputFile(
            creatingAt: state.file(.log, of: JobID(validating: "job-\(number)")), description: "x")
        else { break }
        guard let change = job?.apply(.started(pid: 1, pidStarted: 1), at: .now()) else { break }
        registry.note([change])
        try? output.append(Array(repeating: UInt8(ascii: "x"), count: 20_000))
        var outcome = JobOutcome.completed(exitCode: 0)
        outcome.output = try output.extent()
        guard let end = job?.apply(.ended(outcome), at: .now()) else { break }
        let ended = FinishedJob(change: end, output: output)
        do throws(RegistryError) {
          try await registry.finish([ended])
          finished.append(ended.change.record)
        } catch {
          failure = error
          unfinished = ended
          break
        }
      }
      if let failure {
        guard case .diskFull = failure.code else {
          Issue.record("\(failure)")
          return
        }
        #expect(failure.description.contains(disk))
        #expect(failure.description.contains("bytes are free"))
      }
      // Everything that was acknowledged is there, and nothing else is called completed.
      var filter = JobFilter()
      filter.statuses = [.completed]
      #expect(try registry.jobs(filter).map(\.id) == finished.map(\.id))
      for record in finished {
        #expect(try OutputReader.excerpt(of: record).count == 20_000)
      }
      // With space again the work goes on.
      #expect(mount("none", disk, "tmpfs", UInt(MS_REMOUNT), "size=8m") == 0)
      if let unfinished {
        try await registry.finish([unfinished])
        #expect(try registry.job(unfinished.change.record.id)?.status == .completed)
        let text = try folder.contents(state.file(.log, of: unfinished.change.record.id))
        #expect(text.components(separatedBy: "[COMPLETE]").count == 2)
      }
      try await registry.complete("after", run: run.id)
      #expect(try registry.integrityProblems() == [])
      registry.close()
    }
  #endif
}
