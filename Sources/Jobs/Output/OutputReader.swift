/// Reads a job's output from its file, compressed or not, however long it is.
public struct OutputReader: Sendable {
  /// The file's usual path; a compressed file has `.gz` behind it.
  public let path: String
  /// Where the job's own output begins and ends; nil for a reader of the whole file.
  private let isBodyOnly: Bool
  private let bodyEnd: Int?
  /// More may be written: a last line without its line break is not complete.
  private let mayGrow: Bool
  /// Without a file there is nothing to read yet, and that is no error.
  private let mayBeMissing: Bool

  /// A line that is longer is taken in pieces of this many bytes.
  static let longestLine = 1 << 20

  /// The most bytes of an excerpt.
  public static let longestExcerpt = OutputExcerpt.limit

  /// A reader of the whole file, our markers included. While the file `mayGrow`, a search leaves an unfinished last line
  /// for the next time.
  public init(path: String, mayGrow: Bool = false) {
    self.path = path
    self.mayGrow = mayGrow
    isBodyOnly = false
    bodyEnd = nil
    mayBeMissing = false
  }

  /// A reader of what the job itself wrote, in all its attempts, without the markers at the file's beginning and end.
  ///
  /// For a job that lives, the reader goes to the file's present end. A job that was never started has an empty output.
  public init(_ record: JobRecord) {
    path = record.outputFile ?? ""
    isBodyOnly = true
    let isOver = record.status.isTerminal
    bodyEnd = isOver ? record.outputEnd : nil
    mayGrow = !isOver
    mayBeMissing = record.outputFile == nil || record.attempts == 0 || (isOver && record.outputEnd == nil)
  }

  /// Reads the part that the options ask for. Offsets are bytes of the uncompressed file.
  ///
  /// Throws `missing` for a file that is not there. An offset behind the end gives nothing, and is returned as it is.
  public func read(_ options: ReadOptions = ReadOptions()) throws(OutputError) -> OutputPart {
    do throws(OutputError) {
      let since = max(options.since ?? 0, 0)
      guard let start = since == 0 && isBodyOnly ? try bodyStart() : since else {
        return OutputPart(bytes: [], nextOffset: 0, isCut: false)
      }
      if !options.selectsLines { return try readBytes(from: start, limit: options.limit) }
      if let tail = options.tail, options.lines == nil, options.match == nil,
        let part = try readTail(from: start, lines: tail, limit: options.limit)
      {
        return part
      }
      return try readLines(from: start, options)
    } catch  where error.code == .missing && mayBeMissing {
      return OutputPart(bytes: [], nextOffset: options.since ?? 0, isCut: false)
    }
  }

  /// The last attempt's output as a result shows it: at most 32,000 bytes, of a longer one the head and the tail.
  ///
  /// For a job that lives, what it said until now, in all attempts. Empty for one that never had an output. Secrets that
  /// `redaction` knows are replaced.
  public static func excerpt(of record: JobRecord, redaction: Redaction = .none) throws(OutputError) -> [UInt8] {
    guard let path = record.outputFile else { return [] }
    let reader = OutputReader(record)
    do throws(OutputError) {
      guard let extent = try reader.excerptExtent(of: record) else { return [] }
      var source = try LogSource(path: path)
      var failure: OutputError?
      let bytes = try? OutputExcerpt.make(
        extent: extent, path: path, redaction: redaction
      ) { (offset, count) throws(SystemCallError) in
        do throws(OutputError) {
          try source.skip(to: offset)
          return try source.nextAll(count)
        } catch {
          failure = error
          return []
        }
      }
      if let failure { throw failure }
      return bytes ?? []
    } catch  where error.code == .missing && reader.mayBeMissing {
      return []
    }
  }

  private func excerptExtent(of record: JobRecord) throws(OutputError) -> OutputExtent? {
    if record.status.isTerminal {
      guard let start = record.outputStart, let end = record.outputEnd else { return nil }
      return OutputExtent(start: start, end: end)
    }
    guard let start = try bodyStart() else { return nil }
    return OutputExtent(start: start, end: max(start, try end(of: LogSource(path: path))))
  }

  /// Where the body begins and ends at present.
  func extent() throws(OutputError) -> OutputExtent {
    let start = try bodyStart() ?? 0
    let source = try LogSource(path: path)
    return OutputExtent(start: start, end: max(start, source.storedLength))
  }

  /// Behind `[START] …`, `Task: …` and the empty line; nil while the file was made but its head is not yet in it.
  private func bodyStart() throws(OutputError) -> Int? {
    var source = try LogSource(path: path)
    var head: [UInt8] = []
    while head.count < OutputReader.longestLine {
      let piece = try source.next(atMost: 4096)
      if piece.isEmpty { break }
      let seen = max(head.count, 1)
      head += piece
      guard head.starts(with: "[START] ".utf8) else { break }
      for index in seen..<max(head.count, seen) where head[index] == 0x0A && head[index - 1] == 0x0A {
        return index + 1
      }
    }
    return head.isEmpty && mayGrow ? nil : 0
  }

  /// Behind the last byte that is to be read.
  ///
  /// Our last markers are in the file a moment before the registry says where the output ends. Until it does, what looks
  /// like them at the end of a live job's file is left for the next time: it may be theirs or the job's.
  private func end(of source: borrowing LogSource) throws(OutputError) -> Int {
    if let bodyEnd { return bodyEnd }
    if source.isCompressed { return Int.max }
    let length = source.storedLength
    guard isBodyOnly, mayGrow else { return length }
    let window = min(length, 1 << 16)
    let bytes = try source.read(from: length - window, count: window)
    let marker = Array("\n\n[RESULT]\n{".utf8)
    var position = bytes.count - marker.count
    while position >= 0 {
      if bytes[position] == 0x0A, bytes[position...].starts(with: marker) { return length - window + position }
      position -= 1
    }
    return length
  }

  private func readBytes(from start: Int, limit: Int) throws(OutputError) -> OutputPart {
    var source = try LogSource(path: path)
    let end = try end(of: source)
    try source.skip(to: start)
    let bytes = try source.nextAll(min(limit, max(end - start, 0)))
    let next = start + bytes.count
    var isCut = bytes.count == limit && next < end
    if isCut { isCut = try !source.next(atMost: 1).isEmpty }
    return OutputPart(bytes: bytes, nextOffset: next, isCut: isCut)
  }

  /// Finds the last lines from behind; nil for a compressed file, which can only be read from the front.
  private func readTail(from start: Int, lines: Int, limit: Int) throws(OutputError) -> OutputPart? {
    let source = try LogSource(path: path)
    if source.isCompressed { return nil }
    let end = max(min(try end(of: source), source.storedLength), start)
    var found = 0
    var position = end
    let lowest = max(start, end - limit)
    search: while position > lowest, lines > 0 {
      let count = min(1 << 16, position - lowest)
      let piece = try source.read(from: position - count, count: count)
      for index in piece.indices.reversed() where piece[index] == 0x0A && position - count + index + 1 < end {
        found += 1
        if found == lines {
          position += index + 1 - count
          break search
        }
      }
      position -= count
    }
    let first = lines > 0 ? position : end
    let bytes = try source.read(from: first, count: end - first)
    return OutputPart(bytes: bytes, nextOffset: end, isCut: lines > 0 && first > start && found < lines)
  }

  private func readLines(from start: Int, _ options: ReadOptions) throws(OutputError) -> OutputPart {
    var source = try LogSource(path: path)
    let end = try end(of: source)
    try source.skip(to: start)
    var selection = LineSelection(options)
    var next = start
    var line: [UInt8] = []
    while source.offset < end {
      let piece = try source.next(atMost: end - source.offset)
      if piece.isEmpty { break }
      var rest = piece[...]
      while !rest.isEmpty {
        let lineBreak = rest.firstIndex(of: 0x0A)
        let room = OutputReader.longestLine - line.count
        let taken = rest[..<(lineBreak.map { $0 + 1 } ?? rest.endIndex)].prefix(room)
        line += taken
        rest = rest[taken.endIndex...]
        guard line.last == 0x0A || line.count == OutputReader.longestLine else { continue }
        let verdict = selection.take(line)
        if verdict != .full, verdict != .done || selection.isCut { next += line.count }
        line.removeAll(keepingCapacity: true)
        if verdict != .goOn { return OutputPart(bytes: selection.bytes, nextOffset: next, isCut: selection.isCut) }
      }
    }
    // What is still being written is shown by a tail only: a search would see the rest of the line as another one.
    if !line.isEmpty, !mayGrow || options.match == nil {
      if selection.take(line) != .full { next += line.count }
    }
    return OutputPart(bytes: selection.bytes, nextOffset: next, isCut: selection.isCut)
  }
}

extension LogSource {
  /// The next bytes, as many as asked for unless the end comes first.
  mutating func nextAll(_ count: Int) throws(OutputError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let piece = try next(atMost: count - bytes.count)
      if piece.isEmpty { break }
      bytes += piece
    }
    return bytes
  }
}
