import TextPattern

/// Chooses lines as they pass, by number and by pattern, and keeps the first or the last of them. Pure.
struct LineSelection {
  private let options: ReadOptions
  private var matcher: LineMatcher?
  private var number = 0
  /// The lines that were chosen, each with its line break. Of a tail, only the last are kept.
  private var kept: [[UInt8]] = []
  /// Where the lines that are still kept begin in `kept`; those before were dropped.
  private var first = 0
  private var length = 0
  private(set) var isCut = false

  init(_ options: ReadOptions) {
    self.options = options
    matcher = options.match.map { LineMatcher($0) }
  }

  var bytes: [UInt8] { Array(kept[first...].joined()) }

  enum Verdict { case goOn, full, done }

  /// Takes the next line, with its line break if it has one. `full` means that the line found no room and was not taken,
  /// `done` that no later line is wanted.
  mutating func take(_ line: [UInt8]) -> Verdict {
    number += 1
    if let lines = options.lines {
      if number > lines.upperBound { return .done }
      if number < lines.lowerBound { return .goOn }
    }
    if matcher != nil, matcher?.matches(LineSelection.content(of: line)) == false { return .goOn }
    return options.tail.map { keepLast(line, count: $0) } ?? keepFirst(line)
  }

  private mutating func keepFirst(_ line: [UInt8]) -> Verdict {
    guard length + line.count <= options.limit else {
      isCut = true
      // A line that is longer than all the room there is would stop every reading at the same place.
      if length == 0 { kept.append(Array(line.prefix(options.limit))) }
      return length == 0 ? .done : .full
    }
    kept.append(line)
    length += line.count
    return .goOn
  }

  private mutating func keepLast(_ line: [UInt8], count: Int) -> Verdict {
    guard count > 0 else { return .goOn }
    kept.append(line)
    length += line.count
    while kept.count - first > count || (length > options.limit && kept.count - first > 1) {
      if kept.count - first <= count { isCut = true }
      length -= kept[first].count
      kept[first] = []
      first += 1
    }
    if length > options.limit {
      kept[first] = kept[first].suffix(options.limit)
      length = kept[first].count
      isCut = true
    }
    // Dropped lines are let go in bulk: each single removal at the front would move all others.
    if first > 4096, first * 2 > kept.count {
      kept.removeFirst(first)
      first = 0
    }
    return .goOn
  }

  private static func content(of line: [UInt8]) -> ArraySlice<UInt8> {
    guard line.last == 0x0A else { return line[...] }
    let end = line.count >= 2 && line[line.count - 2] == 0x0D ? line.count - 2 : line.count - 1
    return line[..<end]
  }
}
