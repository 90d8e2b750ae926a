import Glibc
import Jobs
import Testing

@testable import Runtime

extension EngineTests {
  /// A full disk is told, never hidden: on a small file system of the test's own.
  @Suite(.enabled(if: SmallDisk.isPossible)) struct EngineStorageTests {
    @Test func anEndWaitsForSpaceToReturn() async throws {
      let disk = try SmallDisk(kibibytes: 1_024)
      let bench = try EngineBench(home: "\(disk.path)/state")
      let job = bench.engine.submit(bench.shell("echo precious; sleep 0.3; exit 3"))
      #expect(await bench.isRunning(job.id))
      try disk.fill()
      // The process is gone, and its end stands nowhere yet.
      #expect(await eventually { bench.engine.look { $0.jobs[job.id]?.phase == .ending } })
      try await Task.sleep(for: .milliseconds(700))
      #expect(bench.log.story(of: job.id) == ["queued", "running"], "nobody has heard of an end")
      disk.free()
      let record = await bench.log.end(of: job.id)
      #expect(record.status == .failed && record.exitCode == 3)
      #expect(try bench.text(of: record) == "precious\n")
      #expect(try bench.registry.job(job.id) == record)
      await bench.engine.drain()
    }

    @Test func anEndThatCannotBeRecordedIsLostAndSaysWhy() async throws {
      let disk = try SmallDisk(kibibytes: 1_024)
      let bench = try EngineBench(home: "\(disk.path)/state")
      let job = bench.engine.submit(bench.shell("echo precious; sleep 0.3"))
      #expect(await bench.isRunning(job.id))
      try disk.fill()
      let start = ContinuousClock.now
      let record = await bench.log.end(of: job.id)
      let time = ContinuousClock.now - start
      #expect(record.status == .lost && record.reason == .lost)
      let error = try #require(record.error)
      #expect(error.hasPrefix("it ended as completed, but that could not be recorded: the disk is full: \(disk.path)"))
      #expect(error.contains("bytes are free)"))
      #expect(time > .seconds(8) && time < .seconds(20), "it was tried for \(time)")
      #expect(try bench.registry.job(job.id)?.status.isTerminal == false, "the registry knows of no end either")
      disk.free()
      #expect(await bench.end(of: bench.shell("true")).status == .completed, "work goes on when space returns")
      #expect(try bench.registry.integrityProblems() == [])
    }

    @Test func aJobIsNotStartedBeforeItIsRecorded() async throws {
      let disk = try SmallDisk(kibibytes: 1_024)
      let bench = try EngineBench(home: "\(disk.path)/state")
      _ = await bench.end(of: bench.shell("true"))
      try disk.fill()
      let job = bench.engine.submit(bench.shell("echo ran > \(bench.folder.path)/ran"))
      try await Task.sleep(for: .milliseconds(500))
      #expect(Footprint.read("\(bench.folder.path)/ran") == nil)
      disk.free()
      let record = await bench.log.end(of: job.id)
      #expect(record.status == .completed)
      #expect(Footprint.read("\(bench.folder.path)/ran") == "ran\n")
      var checked = bench.shell("true")
      checked.id = try JobID(validating: "mine")
      try disk.fill()
      do throws(TaskError) {
        _ = try await bench.engine.submitChecked(checked)
        Issue.record("a job was taken in on a full disk")
      } catch {
        #expect(error.code == .storage)
        #expect(error.description.hasPrefix("the disk is full: \(disk.path)"))
      }
      disk.free()
      await bench.engine.drain()
    }

    /// Jobs that fill the disk themselves.
    @Test func jobsThatFillTheDiskEndHonestly() async throws {
      let disk = try SmallDisk(kibibytes: 2_048)
      let bench = try EngineBench(home: "\(disk.path)/state")
      let ids = (0..<8).map { _ in bench.engine.submit(bench.shell("yes | head -c 600000 && echo all")).id }
      var statuses: Set<JobStatus> = []
      for id in ids {
        let record = await bench.log.end(of: id)
        statuses.insert(record.status)
        if record.status == .completed {
          #expect(try bench.registry.job(id) == record)
          #expect(try bench.text(of: record).hasSuffix("y\nall\n"))
        }
      }
      #expect(!statuses.isSubset(of: [.completed]), "not all of it fits")
      await bench.engine.drain()
    }
  }
}

/// A file system in memory with a fixed size.
final class SmallDisk: Sendable {
  let path: String
  private let scratch: ScratchFolder

  static let isPossible = geteuid() == 0 && access("/bin/mount", X_OK) == 0

  init(kibibytes: Int) throws {
    scratch = try ScratchFolder()
    path = "\(scratch.path)/disk"
    try #require(mkdir(path, 0o700) == 0)
    try #require(system("mount -t tmpfs -o size=\(kibibytes)k,mode=0700 tmpfs \(path)") == 0)
  }

  deinit { system("umount -l \(path)") }

  /// Leaves no byte free.
  func fill() throws {
    let descriptor = open("\(path)/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var size = 1 << 16
    let bytes = [UInt8](repeating: 0x78, count: size)
    while size > 0 { if write(descriptor, bytes, size) <= 0 { size /= 2 } }
  }

  func free() { unlink("\(path)/filler") }
}
