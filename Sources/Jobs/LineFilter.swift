/// Picks lines of a file: by number, by a regular expression, the last ones.
struct LineFilter {
  private let lines: ClosedRange<Int>?
  private let pattern: Regex<AnyRegexOutput>?
  private let tail: Int?
  private let limit: Int
  private var number = 0
  private var kept: [[UInt8]] = []
  private var keptBytes = 0
  /// No later line can be wanted.
  private var isDone = false

  /// A line longer than this is looked at in pieces.
  private static let longestLine = 1 << 20

  init(_ options: ReadOptions, limit: Int) throws(OutputReadError) {
    lines = options.lines
    tail = options.tail
    self.limit = limit
    guard let match = options.match else {
      pattern = nil
      return
    }
    do { pattern = try Regex(match) } catch {
      throw OutputReadError("match \"\(match)\" is no regular expression")
    }
  }

  mutating func run(
    over file: OpenFile, from start: Int, size: Int, leavesUnfinished: Bool
  ) throws(SystemCallError) -> (bytes: [UInt8], next: Int) {
    var line: [UInt8] = []
    var offset = start
    while offset < size, !isDone {
      let chunk = try file.read(from: offset, count: min(65536, size - offset))
      if chunk.isEmpty { break }
      var begin = chunk.startIndex
      while let end = chunk[begin...].firstIndex(of: 0x0A) {
        take(line + chunk[begin...end])
        line = []
        begin = end + 1
        if isDone { return (result, offset + begin) }
      }
      line += chunk[begin...]
      offset += chunk.count
      if line.count > LineFilter.longestLine {
        take(line)
        line = []
      }
    }
    if !line.isEmpty, leavesUnfinished { return (result, offset - line.count) }
    if !line.isEmpty { take(line) }
    return (result, offset)
  }

  private mutating func take(_ line: [UInt8]) {
    number += 1
    if let lines {
      if number > lines.upperBound { isDone = true }
      if !lines.contains(number) { return }
      if number == lines.upperBound { isDone = true }
    }
    if let pattern, !matches(line, pattern) { return }
    kept.append(line)
    keptBytes += line.count
    if let tail, kept.count > tail { keptBytes -= kept.removeFirst().count }
    if tail == nil, keptBytes >= limit { isDone = true }
  }

  private func matches(_ line: [UInt8], _ pattern: Regex<AnyRegexOutput>) -> Bool {
    let text = String(decoding: line.last == 0x0A ? line.dropLast() : line[...], as: UTF8.self)
    return (try? pattern.firstMatch(in: text)) != nil
  }

  private var result: [UInt8] {
    let bytes = kept.flatMap(\.self)
    return bytes.count <= limit ? bytes : Array(tail == nil ? bytes.prefix(limit) : bytes.suffix(limit))
  }
}
