internal import ArgumentParser
import Jobs
import TextPattern
import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// `agentscript logs`: a job's output file.
struct LogsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Writes a job's output file: the bytes as they are to a pipe, made harmless to a terminal.",
    discussion: """
      Examples:
        agentscript logs -f build
        agentscript logs test --match 'error|warning' --tail 20
      """)

  @Argument(help: ArgumentHelp("The job.", valueName: "id"), completion: .jobID)
  var id: String

  @Flag(name: .shortAndLong, help: "Go on until the job has ended.")
  var follow = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Only the last lines.", valueName: "count"),
    transform: ArgumentReader.count)
  var tail: Int?

  @Option(
    help: ArgumentHelp("Only these lines, counted from 1, as in 10-20.", valueName: "from-to"),
    transform: ArgumentReader.range)
  var lines: ClosedRange<Int>?

  @Option(
    help: ArgumentHelp("Only lines in which this regular expression is found.", valueName: "regex"),
    transform: { text in try LinePattern(text) })
  var match: LinePattern?

  @Option(
    help: ArgumentHelp("Only what follows this byte; --json tells the next.", valueName: "offset"),
    transform: ArgumentReader.offset)
  var since: Int?

  @Flag(help: "The text and the next offset as JSON.")
  var json = false

  func validate() throws {
    if follow, json { throw ValidationError("--follow and --json exclude each other") }
    if follow, lines != nil { throw ValidationError("--follow and --lines exclude each other") }
  }

  func run() throws {
    let desk = try JobDesk.required()
    let job = try desk.find(id)
    guard let path = job.outputFile else { throw CommandFailure.failed("job '\(job.id)' has no output file") }
    var sink = LogSink(.output)
    var next = since ?? 0
    if picksLines || json {
      let options = ReadOptions(since: since, lines: lines, match: match, tail: tail)
      let part = try OutputReader(path: path, mayGrow: follow && !job.status.isTerminal).read(options)
      if json { return try writeJSON(job, part) }
      try sink.write(part.bytes)
      next = part.nextOffset
    }
    if !picksLines || follow { try pour(path, from: next, into: &sink, of: job, desk) }
    try sink.finish()
  }

  /// Lines are picked at once; everything, however long, goes through in pieces.
  private var picksLines: Bool { tail != nil || lines != nil || match != nil }

  private func pour(
    _ path: String, from start: Int, into sink: inout LogSink, of job: JobRecord, _ desk: JobDesk
  ) throws {
    var reader = LogReader(path: path, offset: start, match: match)
    var turns = 0
    while true {
      // Looked at before the file is: what was written until the end is read after it.
      let isOver = try !follow || desk.job(job.id)?.status.isTerminal ?? true
      do {
        while case let bytes = try reader.next(isOver: isOver), !bytes.isEmpty { try sink.write(bytes) }
      } catch let error as OutputError where error.code == .missing && !isOver {
        // The job has not begun.
      }
      if isOver { return }
      usleep(100_000)
      turns += 1
      if turns.isMultiple(of: 20) { try desk.findLost() }
    }
  }

  private func writeJSON(_ job: JobRecord, _ part: OutputPart) throws {
    let text = JSONWriter.quoted(part.text)
    try JSONOutput.write(
      """
      {
        "id": \(JSONWriter.quoted(job.id.rawValue)),
        "status": "\(job.status.rawValue)",
        "next": \(part.nextOffset),
        "text": \(text)
      }
      """)
  }
}

/// Reads a growing file piece by piece: all of it, or the lines in which something is found.
private struct LogReader {
  private let path: String
  private let match: LinePattern?
  private var follower: OutputFollower
  private var offset: Int

  init(path: String, offset: Int, match: LinePattern?) {
    self.path = path
    self.match = match
    self.offset = offset
    follower = OutputFollower(path: path, from: offset)
  }

  /// The next piece, empty when there is none at present. A last line without its end is kept for later until the job
  /// `isOver`.
  mutating func next(isOver: Bool) throws -> [UInt8] {
    guard let match else { return try follower.next() }
    let options = ReadOptions(since: offset, match: match)
    let part = try OutputReader(path: path, mayGrow: !isOver).read(options)
    offset = part.nextOffset
    return part.bytes
  }
}

/// Where a log goes: as it is to a pipe or a file, harmless to a terminal.
struct LogSink {
  private let stream: StandardStream
  private var escaper: TerminalEscaper?

  init(_ stream: StandardStream) {
    self.stream = stream
    escaper = stream.isTerminal ? TerminalEscaper(breaksLines: true) : nil
  }

  /// Writes the next piece.
  mutating func write(_ bytes: [UInt8]) throws(StandardStream.WriteError) {
    guard !bytes.isEmpty else { return }
    guard let text = escaper?.feed(bytes) else { return try stream.write(bytes) }
    try stream.write(text)
  }

  /// Writes what was held back, at the end.
  mutating func finish() throws(StandardStream.WriteError) {
    if let text = escaper?.finish(), !text.isEmpty { try stream.write(text) }
  }
}
