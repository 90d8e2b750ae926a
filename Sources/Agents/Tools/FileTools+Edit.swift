import Models
import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension FileTools {
  /// Replaces a text in a file that is there exactly once.
  public var edit: AgentTool {
    tool(
      "edit", .writes,
      "Replaces a text in a file. old_string has to be in the file exactly once, with all its spaces and without the line numbers "
        + "that read shows; or replace_all replaces each.",
      [
        "path": ["type": "string", "description": "The file, relative to the working folder or absolute."],
        "old_string": ["type": "string", "minLength": 1, "description": "The text as it is in the file."],
        "new_string": ["type": "string", "description": "The text to put in its place."],
        "replace_all": ["type": "boolean", "description": "Replace every one."],
      ], required: ["path", "old_string", "new_string"]
    ) { input, context throws(FileScope.Refusal) in
      let place = try writable(try input.text("path"), mayBeNew: false)
      // What does not fit is answered with lines of the file.
      try FileTools.check(place, in: context)
      let file = try scope.openFile(place)
      let facts = file.facts
      if let known = seen.version(of: place) { try FileTools.check(facts, is: known, place) }
      guard let content = try file.all(limit: FileTools.mostBytes) else {
        throw FileScope.Refusal("'\(place.shown)' has more than \(FileTools.mostBytes) bytes")
      }
      if let kind = BinaryKind.of(content) { throw FileScope.Refusal("'\(place.shown)' is no text: it is \(kind)") }
      let edit = TextEdit(
        old: try input.text("old_string"), new: try input.text("new_string"), all: input.flag("replace_all"))
      let (changed, lines) = try edit.apply(to: content, place.shown)
      guard changed.count <= FileTools.mostBytes else {
        throw FileScope.Refusal("'\(place.shown)' would have more than \(FileTools.mostBytes) bytes")
      }
      try replace(place, in: try scope.openFolder(of: place), with: changed, old: facts)
      return lines.count == 1
        ? "changed '\(place.shown)' at line \(lines[0])"
        : "changed '\(place.shown)' in \(lines.count) places: lines \(TextEdit.listed(lines))"
    }
  }
}

/// The replacement of one text by another. Pure.
struct TextEdit {
  private let old: [UInt8]
  private let new: [UInt8]
  private let all: Bool

  init(old: String, new: String, all: Bool) {
    self.old = Array(old.utf8)
    self.new = Array(new.utf8)
    self.all = all
  }

  /// The new content, and the lines where the old text began. A file whose lines end in CR LF keeps them.
  func apply(to content: [UInt8], _ shown: String) throws(FileScope.Refusal) -> ([UInt8], [Int]) {
    guard !old.isEmpty else { throw FileScope.Refusal("old_string is empty; to make a file, use write") }
    guard old != new else { throw FileScope.Refusal("old_string and new_string are the same") }
    var (old, new) = (old, new)
    if TextEdit.endsInCRLF(content) {
      old = TextEdit.withCRLF(old)
      new = TextEdit.withCRLF(new)
    }
    let places = TextEdit.places(of: old, in: content)
    guard !places.isEmpty else { throw FileScope.Refusal(NearText(old, in: content).sentence(shown)) }
    let lines = TextEdit.lines(at: places, in: content)
    guard all || places.count == 1 else {
      throw FileScope.Refusal(
        "old_string is \(places.count) times in '\(shown)', at lines \(TextEdit.listed(lines)): take in more of what stands around the one "
          + "that you mean, or set replace_all")
    }
    var changed: [UInt8] = []
    changed.reserveCapacity(content.count)
    var from = 0
    for place in places {
      changed += content[from..<place]
      changed += new
      from = place + old.count
    }
    changed += content[from...]
    return (changed, lines)
  }

  private static func endsInCRLF(_ content: [UInt8]) -> Bool {
    guard let end = content.firstIndex(of: 0x0A) else { return false }
    return end > 0 && content[end - 1] == 0x0D
  }

  private static func withCRLF(_ text: [UInt8]) -> [UInt8] {
    var changed: [UInt8] = []
    for byte in text {
      if byte == 0x0A, changed.last != 0x0D { changed.append(0x0D) }
      changed.append(byte)
    }
    return changed
  }

  /// Where the text begins, without overlaps. In linear time but for texts that repeat themselves.
  private static func places(of text: [UInt8], in content: [UInt8]) -> [Int] {
    var places: [Int] = []
    content.withUnsafeBytes { content in
      text.withUnsafeBytes { text in
        var from = 0
        // Neither is empty.
        guard let start = content.baseAddress, let wanted = text.baseAddress else { return }
        while from + text.count <= content.count,
          let found = memchr(start + from, Int32(text[0]), content.count - text.count - from + 1)
        {
          let place = UnsafeRawPointer(found) - start
          if memcmp(start + place, wanted, text.count) == 0 {
            places.append(place)
            from = place + text.count
          } else {
            from = place + 1
          }
        }
      }
    }
    return places
  }

  private static func lines(at places: [Int], in content: [UInt8]) -> [Int] {
    var lines: [Int] = []
    var line = 1
    var from = 0
    for place in places {
      for byte in content[from..<place] where byte == 0x0A { line += 1 }
      from = place
      lines.append(line)
    }
    return lines
  }

  static func listed(_ lines: [Int]) -> String {
    lines.prefix(10).map(String.init).joined(separator: ", ") + (lines.count > 10 ? ", …" : "")
  }
}

/// The lines of a file that come nearest to a text that is not in it.
struct NearText {
  private let lines: [ArraySlice<UInt8>]
  private let wanted: [ArraySlice<UInt8>]

  init(_ text: [UInt8], in content: [UInt8]) {
    lines = content.split(separator: 0x0A, maxSplits: 200_000, omittingEmptySubsequences: false)
    wanted = text.split(separator: 0x0A, omittingEmptySubsequences: false).prefix(50).map { $0 }
  }

  func sentence(_ shown: String) -> String {
    let start = "old_string is not in '\(shown)'"
    guard let first = wanted.firstIndex(where: { !NearText.trimmed($0).isEmpty }) else { return start }
    let key = NearText.trimmed(wanted[first])
    var best: (line: Int, score: Int)?
    for (number, line) in lines.enumerated() {
      let line = NearText.trimmed(line)
      var score = NearText.common(key, line)
      if line == key, score > 0 {
        // Of several such lines, the one that goes on alike.
        for (offset, next) in wanted[first...].enumerated().prefix(8) where number + offset < lines.count {
          if NearText.trimmed(next) == NearText.trimmed(lines[number + offset]) { score += 1000 }
        }
      }
      if score > best?.score ?? 0 { best = (number, score) }
    }
    guard let best, best.score * 2 >= key.count else { return start + ", nor anything like it: read the file" }
    let from = max(0, best.line - first)
    let near = lines[from..<min(lines.count, from + min(max(wanted.count, 1), 8))]
    let isSpacing = zip(near, wanted).allSatisfy { NearText.trimmed($0) == NearText.trimmed($1) }
    let text = near.map { String(decoding: $0.prefix(300), as: UTF8.self) }.joined(separator: "\n")
    return start + (isSpacing ? ": the spaces or line ends differ" : "")
      + "; nearest are the lines from \(from + 1) on:\n" + text
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    guard let start = line.firstIndex(where: { !isSpace($0) }), let end = line.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return line[start...end]
  }

  /// The length of the beginning and the end that two lines have in common.
  private static func common(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
    let start = zip(left, right).prefix { $0 == $1 }.count
    let rest = min(left.count, right.count) - start
    let end = zip(left.reversed(), right.reversed()).prefix(rest).prefix { $0 == $1 }.count
    return start + end
  }
}
