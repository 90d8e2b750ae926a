import FoundationEssentials
import GRDB
import Testing

@testable import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct CompressionTests {
  static let text = Array((1...20_000).map { "line \($0)\n" }.joined().utf8)

  /// A state folder with ended jobs of an ended run, each with a long log; nobody has it open.
  private static func folder(jobs: Int = 1) async throws -> (TemporaryFolder, [JobRecord]) {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    var records: [JobRecord] = []
    for number in 1...jobs { records.append(try await registry.complete("long-\(number)", run: run, output: text)) }
    try registry.end(run: run, status: .completed, exitCode: 0)
    registry.close()
    return (folder, records)
  }

  private static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private static func temporaries(_ folder: TemporaryFolder) -> [String] {
    FileIO.names(in: folder.state.jobsPath).filter { $0.hasPrefix(TemporaryFile.prefix) }
  }

  private static func soon(_ condition: () throws -> Bool) throws -> Bool {
    let start = Moment.now()
    while Moment.now().millisecondsSince(start) < 30_000 {
      if try condition() { return true }
      usleep(2_000)
    }
    return false
  }

  @Test func WhoOpensTheRegistryNextCompressesLongLogsInTheBackground() async throws {
    let (folder, records) = try await CompressionTests.folder(jobs: 3)
    let logs = records.map { folder.state.file(.log, of: $0.id) }
    // The logs of a run that has just ended are still plain.
    #expect(logs.allSatisfy(CompressionTests.isThere))
    let (registry, run) = try folder.registry()
    let present = try await registry.complete("present", run: run, output: CompressionTests.text)
    #expect(try CompressionTests.soon { try registry.longLogs().isEmpty })
    for (record, log) in zip(records, logs) {
      #expect(!CompressionTests.isThere(log) && CompressionTests.isThere(log + ".gz"))
      #expect(try OutputReader(record).read().bytes == CompressionTests.text)
    }
    // Its own run goes on, and keeps its plain files.
    let log = folder.state.file(.log, of: present.id)
    #expect(CompressionTests.isThere(log))
    try registry.end(run: run, status: .completed, exitCode: 0)
    // A process that lives on does it itself.
    #expect(try CompressionTests.soon { !CompressionTests.isThere(log) })
    registry.close()
    #expect(CompressionTests.temporaries(folder).isEmpty)
  }

  @Test func AProcessThatEndsAtOnceLeavesLogsWhole() async throws {
    let (folder, records) = try await CompressionTests.folder(jobs: 20)
    for pause: UInt32 in stride(from: 0, to: 160_000, by: 20_000) {
      let registry = try Registry.open(folder.state)
      usleep(pause)
      registry.close()
      #expect(CompressionTests.temporaries(folder).isEmpty)
      for record in records { #expect(try OutputReader(record).read().bytes == CompressionTests.text) }
    }
  }

  @Test func ReadersSeeNoDifferenceWhileLogsAreCompressed() async throws {
    let (folder, records) = try await CompressionTests.folder(jobs: 10)
    let log = folder.state.file(.log, of: records[9].id)
    var early = try LogSource(path: log)
    let beginning = try early.nextAll(1000)
    let reading = Task.detached {
      var rounds = 0
      var isOver = false
      while !isOver {
        // Once more after the last one is compressed.
        isOver = !CompressionTests.isThere(log)
        let record = records[Int.random(in: 0..<records.count)]
        let since = Int.random(in: 0..<100_000)
        let whole = try OutputReader(path: record.outputFile ?? "").read(ReadOptions(maxBytes: 1 << 20)).bytes
        let part = try OutputReader(record).read(ReadOptions(since: since, maxBytes: 100))
        #expect(part.bytes == Array(whole[since..<since + 100]) && part.nextOffset == since + 100)
        #expect(try OutputReader(record).read(ReadOptions(tail: 1)).text == "line 20000\n")
        rounds += 1
      }
      return rounds
    }
    let registry = try Registry.open(folder.state)
    #expect(try registry.compressLogs().count == 10)
    #expect(try await reading.value > 1)
    registry.close()
    // Who had it open reads on.
    let rest = try early.nextAll(1 << 20)
    #expect(try LogSource.contents(of: log) == beginning + rest)
  }

  @Test func AFollowerGoesOnInTheCompressedLog() async throws {
    let (folder, records) = try await CompressionTests.folder()
    let log = folder.state.file(.log, of: records[0].id)
    let whole = try LogSource.contents(of: log)
    var follower = OutputFollower(path: log, from: 100_000)
    let early = OutputFollower(path: log)
    _ = try LogCompressor(folder.state).compress(log)
    var all: [UInt8] = []
    while case let piece = try follower.next(), !piece.isEmpty { all += piece }
    #expect(all == Array(whole[100_000...]) && follower.offset == whole.count)
    // Two that were one go their own ways.
    var first = early
    var second = early
    #expect(try first.next() == second.next())
    #expect(first.offset == min(whole.count, 256 << 10))
  }

  @Test func AFailureOfZlibKeepsTheLog() async throws {
    let (folder, records) = try await CompressionTests.folder()
    let log = folder.state.file(.log, of: records[0].id)
    let ended = GzipDeflater()
    ended?.end()
    for deflater in [nil, GzipDeflater(level: 99), ended] {
      #expect(throws: SystemCallError.self) { try LogCompressor(folder.state).compress(log, with: deflater) }
      #expect(CompressionTests.isThere(log) && !CompressionTests.isThere(log + ".gz"))
      #expect(try OutputReader(records[0]).read().bytes == CompressionTests.text)
      #expect(CompressionTests.temporaries(folder).isEmpty)
    }
  }

  @Test func WhatHappensToALogMeanwhileIsRespected() async throws {
    let (folder, records) = try await CompressionTests.folder(jobs: 5)
    let logs = records.map { folder.state.file(.log, of: $0.id) }
    /// Compresses a log, and does something in the middle of it.
    func compress(_ number: Int, meanwhile: @escaping () throws -> Bool) throws -> LogCompressor.Outcome {
      var asked = 0
      let compressor = LogCompressor(folder.state) {
        asked += 1
        return asked != 2 || (try? meanwhile()) == true
      }
      return try compressor.compress(logs[number])
    }
    // Stopped.
    #expect(try compress(0) { false } == .stopped)
    #expect(CompressionTests.isThere(logs[0]) && !CompressionTests.isThere(logs[0] + ".gz"))
    // Written to.
    let grown = try compress(1) {
      let descriptor = open(logs[1], O_WRONLY | O_APPEND)
      defer { close(descriptor) }
      return write(descriptor, "more", 4) == 4
    }
    #expect(grown == .busy)
    #expect(try LogSource.contents(of: logs[1]).suffix(4) == Array("more".utf8)[...])
    // Removed with its job.
    let registry = try Registry.open(folder.state)
    registry.compression?.stop()
    let removed = try compress(2) {
      try registry.remove(records[2].id)
      return true
    }
    #expect(removed == .busy)
    // Removed, and its id used again.
    let reused = try compress(3) {
      unlink(logs[3])
      _ = try folder.write(Array("new".utf8), to: "state/jobs/\(records[3].id).log")
      return true
    }
    #expect(reused == .busy)
    #expect(try folder.contents(logs[3]) == "new")
    for number in 1...3 { #expect(!CompressionTests.isThere(logs[number] + ".gz")) }
    #expect(!CompressionTests.isThere(logs[2]))
    // Come to by somebody else too.
    let shared = try compress(4) { try LogCompressor(folder.state).compress(logs[4]) == .busy }
    #expect(shared != .stopped && !CompressionTests.isThere(logs[4]))
    #expect(try OutputReader(records[4]).read().bytes == CompressionTests.text)
    #expect(CompressionTests.temporaries(folder).isEmpty)
    registry.close()
  }

  @Test func AnOlderRegistryKnowsItsLongLogsToo() async throws {
    let (folder, records) = try await CompressionTests.folder()
    let registry = try Registry.open(folder.state)
    try registry.write {
      try $0.execute(
        sql: """
          \(TemporaryFolder.undoVersion4)
          DROP TRIGGER jobs_said_much; DROP TABLE long_logs; ALTER TABLE cancel_requests DROP COLUMN keep_children;
          PRAGMA user_version = 1
          """)
    }
    registry.close()
    let upgraded = try Registry.open(folder.state)
    #expect(try upgraded.longLogs() == records.map(\.id))
    upgraded.close()
  }

  @Test func PruningAtTheSameTimeFailsNobody() async throws {
    let (folder, records) = try await CompressionTests.folder(jobs: 40)
    let probes = try (0..<4).map { _ in try Probe(["prune", folder.state.path]) }
    for probe in probes { try probe.start() }
    var compressed = 0
    for probe in probes {
      let text = String(decoding: probe.rest(), as: UTF8.self)
      #expect(text.hasPrefix("compressed "), "\(text)")
      compressed += Int(text.dropFirst(11).dropLast()) ?? 0
    }
    #expect(compressed == 40)
    for record in records {
      #expect(!CompressionTests.isThere(folder.state.file(.log, of: record.id)))
      #expect(try OutputReader(record).read().bytes == CompressionTests.text)
    }
    #expect(CompressionTests.temporaries(folder).isEmpty)
  }

  @Test(.enabled(if: Probe.canTrace, "it takes strace to kill at a chosen call"))
  func AKillAtAnyCallLeavesOneWholeForm() async throws {
    let calls = "write,fchmod,fdatasync,flock,rename,fsync,unlink"
    var point = 0
    while true {
      point += 1
      let (folder, records) = try await CompressionTests.folder()
      let probe = Probe(["prune", folder.state.path], injecting: "\(calls):signal=SIGKILL:when=\(point)")
      _ = try probe.output()
      #expect(try OutputReader(records[0]).read().bytes == CompressionTests.text, "killed at \(point)")
      let wasKilled = probe.exitCode == 128 + SIGKILL
      let registry = try Registry.open(folder.state)
      #expect(try registry.prune().problem == nil)
      #expect(try registry.longLogs().isEmpty)
      registry.close()
      #expect(!CompressionTests.isThere(folder.state.file(.log, of: records[0].id)))
      #expect(try OutputReader(records[0]).read().bytes == CompressionTests.text, "killed at \(point)")
      if !wasKilled { break }
    }
    #expect(point > 4)
  }
}

extension LogSource {
  fileprivate static func contents(of path: String) throws -> [UInt8] {
    var source = try LogSource(path: path)
    return try source.nextAll(1 << 30)
  }
}
