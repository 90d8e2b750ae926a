import TextPattern

/// Looks for a pattern in one file after the other, and keeps what is to be told.
struct GrepSearch {
  private enum Mode { case files, content, count }

  private var matcher: LineMatcher
  private let mode: Mode
  private let context: Int
  private let limit: Int
  private var lines: BoundedLines
  private var found = 0
  private(set) var isFull = false
  private static let longestShown = 500
  /// Of a longer line only so much is looked at.
  private static let longestLine = 1 << 20

  init(_ input: ToolInput, room: Int) throws(FileScope.Refusal) {
    let text = try input.text("pattern")
    do throws(LinePatternError) {
      matcher = LineMatcher(try LinePattern(text, ignoringCase: input.flag("ignore_case")))
    } catch {
      throw FileScope.Refusal(error.description)
    }
    mode =
      switch input.optionalText("output_mode") {
      case "content": .content
      case "count": .count
      default: .files
      }
    context = input.number("context", default: 0, in: 0...20)
    limit = input.number("limit", default: 200, in: 1...2000)
    lines = BoundedLines(room: room)
  }

  /// What is known of the file that is looked at.
  private struct Progress {
    var number = 0
    var matches = 0
    /// The last lines that did not match, for the context of the next one that does.
    var before: [(number: Int, text: [UInt8])] = []
    /// Lines of context that are still to be shown.
    var after = 0
    var lastShown = 0
  }

  mutating func look(_ file: OpenFile, _ place: FileScope.Place) async throws(FileScope.Refusal) {
    var progress = Progress()
    var line: [UInt8] = []
    var isFirst = true
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while case let count = try file.read(into: buffer), count > 0 {
      if isFirst, BinaryKind.of(buffer[..<count]) != nil { return }
      isFirst = false
      var rest = buffer[..<count]
      while let end = rest.firstIndex(of: 0x0A) {
        line += rest[..<end].prefix(max(0, GrepSearch.longestLine - line.count))
        rest = rest[(end + 1)...]
        guard take(line, place, &progress) else { return }
        line.removeAll(keepingCapacity: true)
      }
      line += rest.prefix(max(0, GrepSearch.longestLine - line.count))
      if Task.isCancelled { throw FileScope.Refusal("cancelled") }
      await Task.yield()
    }
    if !line.isEmpty, !take(line, place, &progress) { return }
    if mode == .count, progress.matches > 0 { add("\(place.shown):\(progress.matches)") }
  }

  /// False once nothing more of the file is wanted.
  private mutating func take(_ line: [UInt8], _ place: FileScope.Place, _ progress: inout Progress) -> Bool {
    progress.number += 1
    let line = line.last == 0x0D ? Array(line.dropLast()) : line
    guard matcher.matches(line) else {
      if progress.after > 0 {
        progress.after -= 1
        return show(line, "-", place, &progress)
      }
      if context > 0, mode == .content {
        progress.before.append((progress.number, Array(line.prefix(GrepSearch.longestShown))))
        if progress.before.count > context { progress.before.removeFirst() }
      }
      return true
    }
    progress.matches += 1
    switch mode {
    case .count: return true
    case .files:
      add(place.shown)
      return false
    case .content:
      found += 1
      if context > 0, progress.lastShown > 0, progress.number - progress.before.count > progress.lastShown + 1 {
        _ = lines.add("--")
      }
      let (number, before) = (progress.number, progress.before)
      progress.before = []
      for (at, text) in before {
        progress.number = at
        guard show(text, "-", place, &progress) else { return false }
      }
      progress.number = number
      progress.after = context
      guard show(line, ":", place, &progress) else { return false }
      if found >= limit { isFull = true }
      return !isFull
    }
  }

  private mutating func show(
    _ line: [UInt8], _ mark: String, _ place: FileScope.Place, _ progress: inout Progress
  ) -> Bool {
    var text = String(decoding: line.prefix(GrepSearch.longestShown), as: UTF8.self)
    if line.count > GrepSearch.longestShown { text += "… (\(line.count - GrepSearch.longestShown) bytes more)" }
    progress.lastShown = progress.number
    guard lines.add("\(place.shown)\(mark)\(progress.number)\(mark)\(text)") else {
      isFull = true
      return false
    }
    return true
  }

  private mutating func add(_ line: String) {
    found += 1
    if !lines.add(line) || found >= limit { isFull = true }
  }

  mutating func finished(isCut: Bool) -> String {
    if isFull { lines.note("(there may be more: narrow the pattern, the path or the glob)") }
    if isCut { lines.note("(only the first \(FolderWalk.mostEntries) entries were looked at)") }
    return lines.text.isEmpty ? "(no line fits)" : lines.text
  }
}
