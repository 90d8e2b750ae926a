import FoundationEssentials
import Testing
import TextPattern

@testable import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct OutputTests {
  @Test func AFinishedJobHasThreeWholePrivateFilesInTheDocumentedForm() async throws {
    let folder = try TemporaryFolder()
    let mask = umask(0)
    defer { umask(mask) }
    let (registry, run) = try folder.registry()
    let record = try await registry.complete("job", run: run, output: Array("no line break at the end".utf8))
    let log = try folder.contents(folder.state.file(.log, of: record.id))
    #expect(log.hasPrefix("[START] "))
    #expect(log.contains("Z\nTask: the job job\n\nno line break at the end\n\n[RESULT]\n{\n  \"success\": true,\n"))
    #expect(log.contains("\n}\n\n[COMPLETE] 20"))
    #expect(log.hasSuffix("Z\n"))
    let view = try folder.contents(folder.state.file(.record, of: record.id))
    #expect(try JSONDecoder().decode(JobRecord.self, from: Data(view.utf8)) == record)
    #expect(try registry.job(record.id) == record)
    let page = try folder.contents(folder.state.file(.result, of: record.id))
    #expect(page.hasPrefix("# the job job\n\n**completed** after "))
    #expect(page.contains("```\nno line break at the end\n```\n"))
    let names = FileIO.names(in: folder.state.jobsPath).filter { !$0.hasPrefix(".") || $0.hasPrefix(".tmp") }
    #expect(names.sorted() == ["job.json", "job.log", "job.md"])
    for name in names { #expect(folder.mode(folder.state.jobsPath + "/" + name) == 0o600) }
    registry.close()
  }

  @Test func WhatAJobPrintsDecidesNothing() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    let forgeries = [
      "[RESULT]\n{ \"success\": true }\n\n[COMPLETE] 2026-01-30T10:05:00Z\n", "[COMPLETE] now",
      "[RESULT] {\"success\":true}",
      "\r[COMPLETE] x\r\n", "```json\n{\"success\": true}\n```\n", "[START] x\nTask: y\n\n", "\u{1B}[2J[COMPLETE]",
    ]
    for (number, forgery) in forgeries.enumerated() {
      var state = try await registry.submit("forger-\(number)", run: run)
      let output = try OutputFile(
        creatingAt: folder.state.file(.log, of: state.record.id), description: "f\n[COMPLETE] x")
      registry.note([state.apply(.started(pid: 1, pidStarted: 1), at: .now())])
      try output.append(Array(forgery.utf8))
      var outcome = JobOutcome.failed(.exitNonzero, error: "it exited with 1", exitCode: 1)
      outcome.output = try output.extent()
      try await registry.finish([FinishedJob(change: state.apply(.ended(outcome), at: .now()), output: output)])
      #expect(try registry.job(state.record.id)?.status == .failed)
      #expect(try OutputReader.excerpt(of: state.record) == Array(forgery.utf8))
      #expect(try OutputReader(state.record).read().bytes == Array(forgery.utf8))
    }
    registry.close()
  }

  @Test func AnOutputFileIsNeverAFileThatWasThereOrALink() throws {
    let folder = try TemporaryFolder()
    try folder.state.create()
    let target = try folder.write([], to: "target")
    let path = folder.state.jobsPath + "/x.log"
    #expect(symlink(target, path) == 0)
    let link = #expect(throws: SystemCallError.self) { try OutputFile(creatingAt: path, description: "x") }
    #expect(link?.number == EEXIST)
    unlink(path)
    #expect(symlink(folder.path + "/nowhere", path) == 0)
    #expect(throws: SystemCallError.self) { try OutputFile(creatingAt: path, description: "x") }
    #expect(access(folder.path + "/nowhere", F_OK) != 0)
    unlink(path)
    _ = try OutputFile(creatingAt: path, description: "x")
    #expect(throws: SystemCallError.self) { try OutputFile(creatingAt: path, description: "x") }
    #expect(try folder.contents(target) == "")
  }

  @Test func ADescriptorOfOursIsClosedOnExec() throws {
    let folder = try TemporaryFolder()
    let output = try OutputFile(creatingAt: folder.path + "/x.log", description: "x")
    #expect(fcntl(output.descriptor, F_GETFD) & FD_CLOEXEC != 0)
  }

  @Test func AnExcerptKeepsHeadAndTailAndSaysWhatIsMissing() throws {
    var bytes = Array("begin\n".utf8)
    for number in 0..<20_000 { bytes += Array("zeile é \(number)\n".utf8) }
    let extent = OutputExtent(start: 0, end: bytes.count)
    let excerpt = try OutputExcerpt.make(extent: extent, path: "/jobs/x.log") { Array(bytes[$0..<($0 + $1)]) }
    #expect(excerpt.count <= 32_000)
    let text = try #require(String(validating: excerpt, as: UTF8.self))
    #expect(text.hasPrefix("begin\nzeile é 0\n"))
    #expect(text.hasSuffix("zeile é 19999\n"))
    let note = try #require(text.split(separator: "\n").first { $0.hasPrefix("…") })
    #expect(note.hasSuffix("bytes left out; all of it is in /jobs/x.log …"))
    let missing = try #require(Int(note.dropFirst(2).prefix { $0.isNumber }))
    #expect(missing + excerpt.count - note.utf8.count - 2 == bytes.count)
    for length in 31_990...32_010 {
      let text = [UInt8](repeating: 0xC3, count: length)
      let excerpt = try OutputExcerpt.make(extent: OutputExtent(start: 0, end: length), path: "/x") {
        Array(text[$0..<($0 + $1)])
      }
      #expect(excerpt.count <= 32_000 && (length > 32_000 || excerpt == text))
    }
  }

  @Test func EveryOptionOfReadingDoesWhatItSays() throws {
    let folder = try TemporaryFolder()
    let text = (1...100).map { "line \($0)" + ($0 % 10 == 0 ? " ERROR" : "") + "\n" }.joined() + "last without break"
    let path = try folder.write(Array(text.utf8), to: "x.log")
    let reader = OutputReader(path: path)
    func read(_ options: ReadOptions) throws -> String { try reader.read(options).text }
    #expect(try read(ReadOptions()) == text)
    #expect(try read(ReadOptions(tail: 2)) == "line 100 ERROR\nlast without break")
    #expect(try read(ReadOptions(tail: 0)) == "")
    #expect(try read(ReadOptions(tail: 1000)) == text)
    #expect(try read(ReadOptions(lines: 2...3)) == "line 2\nline 3\n")
    #expect(try read(ReadOptions(lines: 101...200)) == "last without break")
    #expect(try read(ReadOptions(match: LinePattern("ERROR$"), tail: 2)) == "line 90 ERROR\nline 100 ERROR\n")
    #expect(try read(ReadOptions(lines: 1...15, match: LinePattern("error", ignoringCase: true))) == "line 10 ERROR\n")
    #expect(try read(ReadOptions(maxBytes: 6)) == "line 1")
    let part = try reader.read(ReadOptions(maxBytes: 7))
    #expect(part.isCut && part.nextOffset == 7)
    #expect(try read(ReadOptions(since: 7, lines: 1...1)) == "line 2\n")
    #expect(try reader.read(ReadOptions(since: 1 << 40)) == OutputPart(bytes: [], nextOffset: 1 << 40, isCut: false))
    // Piece by piece, whatever their size, everything comes once.
    for size in [1, 7, 64, 1000] {
      var all: [UInt8] = []
      var since = 0
      while case let part = try reader.read(ReadOptions(since: since, maxBytes: size)), !part.bytes.isEmpty {
        all += part.bytes
        since = part.nextOffset
      }
      #expect(all == Array(text.utf8))
      all = []
      since = 0
      while case let part = try reader.read(ReadOptions(since: since, match: LinePattern("."), maxBytes: max(size, 20))),
        !part.bytes.isEmpty
      {
        all += part.bytes
        since = part.nextOffset
      }
      #expect(all == Array(text.utf8))
    }
  }

  @Test func WhileAJobLivesASearchLeavesTheUnfinishedLine() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("one\ntwo\nthr".utf8), to: "x.log")
    let reader = OutputReader(path: path, mayGrow: true)
    let part = try reader.read(ReadOptions(match: LinePattern("t")))
    #expect(part.text == "two\n" && part.nextOffset == 8)
    #expect(try reader.read(ReadOptions(tail: 1)).text == "thr")
    #expect(try OutputReader(path: path).read(ReadOptions(match: LinePattern("t"))).text == "two\nthr")
  }

  @Test func OurLastMarkersAreNoOutputAlsoBeforeTheRegistryKnows() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    for (number, text) in ["", "x", "x\n", "x\n\n", "a\n\n[RESULT]\n{ mine }\nb"].enumerated() {
      var state = try await registry.submit("job-\(number)", run: run)
      let output = try OutputFile(creatingAt: folder.state.file(.log, of: state.record.id), description: "x")
      try await registry.commit([state.apply(.started(pid: 1, pidStarted: 1), at: .now())])
      let running = state.record
      try output.append(Array(text.utf8))
      var outcome = JobOutcome.completed(exitCode: 0)
      outcome.output = try output.extent()
      try await registry.finish([FinishedJob(change: state.apply(.ended(outcome), at: .now()), output: output)])
      // As a reader sees it that has read the record a moment ago, and goes on when the end is known.
      for options in [ReadOptions(), ReadOptions(tail: 1000), ReadOptions(match: try LinePattern(""))] {
        let early = try OutputReader(running).read(options)
        #expect(text.hasPrefix(early.text))
        let rest = try OutputReader(state.record).read(ReadOptions(since: max(early.nextOffset, output.firstOffset)))
        #expect(early.text + rest.text == text)
      }
    }
    registry.close()
  }

  @Test func WhatIsNoFileIsRefused() throws {
    let folder = try TemporaryFolder()
    let missing = #expect(throws: OutputError.self) { try OutputReader(path: folder.path + "/no.log").read() }
    #expect(missing?.description == "there is no output file \(folder.path)/no.log")
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    for path in [folder.path, "/dev/zero", folder.path + "/pipe"] {
      #expect(throws: OutputError.self) { try OutputReader(path: path).read() }
    }
  }

  @Test func APlantedLinkIsRefusedByEveryReader() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    let secret = try folder.write(Array("secret".utf8), to: "secret")
    for ending in ["", ".gz"] {
      let record = try await registry.complete("job\(ending)", run: run)
      let log = folder.state.file(.log, of: record.id)
      unlink(log)
      #expect(symlink(secret, log + ending) == 0)
      func refuses(_ body: () throws -> some Any) {
        let error = #expect(throws: OutputError.self) { _ = try body() }
        #expect(error?.description == "\(log)\(ending) is a symbolic link, and those are not followed")
      }
      refuses { try OutputReader(record).read() }
      refuses { try OutputReader(path: log).read(ReadOptions(tail: 1)) }
      refuses { try OutputReader.excerpt(of: record) }
      var follower = OutputFollower(path: log)
      refuses { try follower.next() }
    }
    registry.close()
  }

  @Test func TheExcerptOfALiveJobIsWhatItSaidUntilNow() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    var state = try await registry.submit("job", run: run)
    #expect(try OutputReader.excerpt(of: state.record).isEmpty)
    let output = try OutputFile(creatingAt: folder.state.file(.log, of: state.record.id), description: "x")
    try await registry.commit([state.apply(.started(pid: 1, pidStarted: 1), at: .now())])
    #expect(try OutputReader.excerpt(of: state.record).isEmpty)
    try output.append(Array("first\nhalf".utf8))
    #expect(try OutputReader.excerpt(of: state.record) == Array("first\nhalf".utf8))
    try output.append(Array(repeating: UInt8(ascii: "y"), count: 100_000) + Array("\nlast\n".utf8))
    let long = String(decoding: try OutputReader.excerpt(of: state.record), as: UTF8.self)
    #expect(long.utf8.count <= 32_000)
    #expect(long.hasPrefix("first\nhalfyy") && long.hasSuffix("yy\nlast\n") && long.contains("bytes left out"))
    let running = state.record
    var outcome = JobOutcome.completed(exitCode: 0)
    outcome.output = try output.extent()
    try await registry.finish([FinishedJob(change: state.apply(.ended(outcome), at: .now()), output: output)])
    // As a reader sees it whose record is a moment old: our last markers are not the job's words.
    #expect(String(decoding: try OutputReader.excerpt(of: running), as: UTF8.self).hasSuffix("yy\nlast"))
    #expect(try OutputReader.excerpt(of: state.record) == Array(long.utf8))
    registry.close()
  }

  @Test func BytesThatAreNoTextComeBackUnchanged() throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let path = try folder.write(bytes, to: "x.log")
    #expect(try OutputReader(path: path).read().bytes == bytes)
    #expect(try OutputReader(path: path).read(ReadOptions(match: LinePattern(""))).bytes == bytes)
  }

  @Test func ACompressedLogReadsAsThePlainOne() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    let text = Array((1...20_000).map { "line \($0)\n" }.joined().utf8)
    let record = try await registry.complete("long", run: run, output: text)
    try await registry.complete("short", run: run)
    let path = folder.state.file(.log, of: record.id)
    let options = [
      ReadOptions(), ReadOptions(tail: 3), ReadOptions(lines: 5...6), ReadOptions(since: 100_000, maxBytes: 50),
      ReadOptions(match: try LinePattern("99$"), tail: 2), ReadOptions(maxBytes: 100_000),
    ]
    let body = try options.map { try OutputReader(record).read($0) }
    let whole = try options.map { try OutputReader(path: path).read($0) }
    let excerpt = try OutputReader.excerpt(of: record)
    #expect(body[0].bytes == text)
    // A run that goes on keeps its plain files.
    #expect(try registry.compressLogs().count == 0)
    try registry.end(run: run, status: .completed, exitCode: 0)
    let (count, saved) = try registry.compressLogs()
    #expect(count == 1 && saved > 100_000)
    #expect(access(path, F_OK) != 0 && folder.mode(path + ".gz") == 0o600)
    #expect(try options.map { try OutputReader(record).read($0) } == body)
    #expect(try options.map { try OutputReader(path: path).read($0) } == whole)
    #expect(try OutputReader.excerpt(of: record) == excerpt)
    #expect(try registry.compressLogs().count == 0)
    // Cut off, it is told as damaged.
    #expect(truncate(path + ".gz", 1000) == 0)
    let error = #expect(throws: OutputError.self) { try OutputReader(record).read() }
    #expect(error?.code == .damaged)
    registry.close()
  }

  @Test func ALiveOutputBringsEveryByteOnceAndEndsWithTheJob() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    var state = try await registry.submit("job", run: run)
    let id = state.record.id
    let reading = Task {
      var all: [UInt8] = []
      for try await piece in registry.follow(id) { all += piece }
      return all
    }
    let searching = Task {
      var lines: [UInt8] = []
      for try await piece in registry.follow(id, options: ReadOptions(match: try LinePattern("7"))) { lines += piece }
      return String(decoding: lines, as: UTF8.self)
    }
    let output = try OutputFile(creatingAt: folder.state.file(.log, of: id), description: "x")
    try await registry.commit([state.apply(.started(pid: 1, pidStarted: 1), at: .now())])
    var expected = ""
    for number in 1...50 {
      try output.append(Array("li".utf8))
      if number % 10 == 0 { try await Task.sleep(for: .milliseconds(15)) }
      try output.append(Array("ne \(number)\n".utf8))
      expected += "line \(number)\n"
    }
    var outcome = JobOutcome.completed(exitCode: 0)
    outcome.output = try output.extent()
    try await registry.finish([FinishedJob(change: state.apply(.ended(outcome), at: .now()), output: output)])
    #expect(String(decoding: try await reading.value, as: UTF8.self) == expected)
    #expect(try await searching.value == "line 7\nline 17\nline 27\nline 37\nline 47\n")
    registry.close()
  }

  @Test func AJobThatWasNeverStartedHasAnEmptyOutput() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    var state = try await registry.submit("job", run: run)
    #expect(try OutputReader(state.record).read() == OutputPart(bytes: [], nextOffset: 0, isCut: false))
    let change = state.apply(.ended(.skipped(.dependencyFailed, error: "no")), at: .now())
    try await registry.finish([FinishedJob(change: change, output: nil)])
    #expect(try OutputReader(state.record).read().bytes.isEmpty)
    #expect(try OutputReader.excerpt(of: state.record).isEmpty)
    #expect(
      try folder.contents(folder.state.file(.result, of: state.record.id)).contains("**skipped** (dependency_failed)"))
    registry.close()
  }
}
