internal import Jobs
internal import LuaBindings
internal import TextPattern

/// What `read_output{follow = true}` iterates: an output file that may still grow.
final class OutputStream {
  let job: JobID?
  var follower: OutputFollower

  init(job: JobID?, follower: OutputFollower) {
    self.job = job
    self.follower = follower
  }
}

// read_output.
extension ScriptHost {
  func defineOutput() throws(LuaError) {
    try define("read_output", in: ScriptHost.moduleName) { host, call throws(HostFailure) in try host.readOutput(call) }
    try define(
      type: 5, "output stream",
      methods: [("next", { host, call throws(HostFailure) in try host.nextChunk(call) })])
    try define("next_chunk", in: ScriptHost.moduleName) { host, call throws(HostFailure) in try host.nextChunk(call) }
  }

  /// `read_output(x [, {tail, lines, since, match, max_bytes, follow}]) -> text, next offset`, or `nil, error`.
  func readOutput(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    var options = ReadOptions()
    var follows = false
    if case .table(let table) = call[1] {
      var reader = try OptionReader(table, subject: "read_output")
      options.tail = try reader.count("tail", in: 0...Int.max)
      options.lines = try lines(&reader)
      options.since = try reader.count("since", in: 0...Int.max)
      if let pattern = try reader.text("match") {
        do throws(LinePatternError) { options.match = try LinePattern(pattern) } catch {
          throw .misuse("read_output: \(error.description)")
        }
      }
      options.maxBytes = try reader.count("max_bytes", in: 1...Int.max)
      follows = try reader.flag("follow") ?? false
      try reader.finish()
    } else if !call[1].isNil {
      throw .misuse("read_output: the options must be a table, not \(OptionReader.show(call[1]))")
    }
    guard let (path, id) = try outputFile(call[0]) else {
      return .values([.nil, .text("there is no job and no output file '\(call[0].text ?? "")'")])
    }
    if follows {
      let follower = OutputFollower(path: path, from: options.since ?? 0)
      return .value(objects.push(.stream(OutputStream(job: id, follower: follower))))
    }
    do throws(OutputError) {
      let mayGrow = id.map { book.isLive($0) } ?? false
      let part = try OutputReader(path: path, mayGrow: mayGrow).read(options)
      return .values([.string(part.bytes), .integer(Int64(part.nextOffset))])
    } catch { return .values([.nil, .text(error.description)]) }
  }

  /// `lines = 20` (the first ones), or `lines = {first, last}`.
  private func lines(_ reader: inout OptionReader) throws(HostFailure) -> ClosedRange<Int>? {
    guard let (_, value) = try reader.take("lines") else { return nil }
    if let count = value.int, count >= 1 { return 1...count }
    if case .table(let table) = value, table.array.count == 2, let first = table.array[0].int,
      let last = table.array[1].int, first >= 1, last >= first
    {
      return first...last
    }
    throw reader.failure("lines", value, "a number of lines, or {first, last}")
  }

  /// The file that a value names: a job's, an id's, or a path.
  private func outputFile(_ value: LuaValue) throws(HostFailure) -> (path: String, job: JobID?)? {
    if case .job(let id) = objects[value] { return path(of: id).map { ($0, id) } }
    if case .table = value {
      let id = try job(value, "read_output")
      return path(of: id).map { ($0, id) }
    }
    guard let text = value.text else {
      throw .misuse("read_output: \(OptionReader.show(value)) is no job and no path of an output file")
    }
    if text.contains("/") {
      let name = text.split(separator: "/").last.map(String.init) ?? text
      let id = name.hasSuffix(".log") ? try? JobID(validating: String(name.dropLast(4))) : nil
      return (text, id.flatMap { book.records[$0]?.id })
    }
    if let id = book.names[text] ?? (try? JobID(validating: text)) {
      if let path = path(of: id) { return (path, id) }
      if let record = try stored(id), let path = record.outputFile { return (path, id) }
    }
    return text.hasSuffix(".log") ? (text, nil) : nil
  }

  private func path(of id: JobID) -> String? { book.records[id]?.outputFile }

  /// The next piece of a stream; waits while the job goes on and says nothing.
  private func nextChunk(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    guard case .stream(let stream) = objects[call[0]] else { throw .misuse("this is no output stream") }
    let isOver = stream.job.map { !book.isLive($0) } ?? true
    do throws(OutputError) {
      let bytes = try stream.follower.next()
      if !bytes.isEmpty { return .value(.string(bytes)) }
    } catch {
      // A queued job has no file yet, a skipped one never gets one.
      guard stream.job != nil, error.code == .missing else { throw .misuse("read_output: \(error.description)") }
    }
    if isOver { return .value(.nil) }
    // The caller polls: the pause ends early when the job does.
    guard let job = stream.job else { return .value(.nil) }
    return .wait(
      .jobs(JobWait([job], mode: .all, open: [job]) { _, _ in .values([""]) }),
      until: MonotonicTime.now.advanced(by: .milliseconds(100)), lateAnswer: [""])
  }
}
