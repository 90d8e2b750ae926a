/// A set of paths, as a task declares what it reads or writes: absolute, normalised by its text alone.
///
/// The operators are those of `fs.glob`: `*` any run of characters, `?` one, `[a-z]` `[!a-z]` one of these or none of these,
/// `{a,b}` either, `**` any number of folders, `\x` the character x. Two things differ, since this tells of what may be
/// touched. A leading point needs not be written out. And a folder stands for all that is in it: a path with a `/` at its end
/// is one, and so is a path without operators that is one on the disk, or in which the other pattern names something. Links
/// are not followed.
struct GlobPattern: Sendable, Hashable {
  /// As it was written.
  let text: String
  /// What its braces stand for.
  let alternatives: [GlobPath]

  /// The pattern that `text` is to whoever works in `folder`, an absolute path. `isFolder` tells of a path without operators
  /// whether it is a folder.
  init(
    _ text: String, in folder: String, isFolder: (String) -> Bool = { _ in false }
  ) throws(GlobPatternError) {
    self.text = text
    let scalars = text.unicodeScalars.map(\.value)
    if scalars.isEmpty { throw GlobPatternError(sentence: "an empty pattern stands for no file") }
    if scalars.contains(0) { throw GlobPatternError(sentence: "the pattern contains a NUL byte") }
    guard let expanded = GlobPattern.expand(scalars) else {
      throw GlobPatternError(sentence: "the pattern \"\(text)\" stands for more than \(GlobPattern.mostAlternatives)")
    }
    var paths: [GlobPath] = []
    for alternative in expanded {
      let path = try GlobPath(alternative, in: folder, pattern: text, isFolder: isFolder)
      if !paths.contains(path) { paths.append(path) }
    }
    alternatives = paths
  }

  /// Whether an absolute path without `.`, `..` and doubled slashes is one of them.
  func matches(_ path: String) -> Bool {
    let names = path.unicodeScalars.map(\.value).split(separator: GlobPath.slash).map(Array.init)
    return alternatives.contains { $0.matches(names) }
  }

  /// Whether there is a path that both stand for. Exact.
  func overlaps(_ other: GlobPattern) -> Bool {
    alternatives.contains { mine in other.alternatives.contains { mine.overlaps($0) } }
  }

  // MARK: Braces

  private static let mostAlternatives = 1000
  private static let open = UInt32(UInt8(ascii: "{"))
  private static let close = UInt32(UInt8(ascii: "}"))
  private static let comma = UInt32(UInt8(ascii: ","))
  private static let escape = UInt32(UInt8(ascii: "\\"))

  /// What the braces of a pattern stand for; nil if that is too much.
  private static func expand(_ pattern: [UInt32]) -> [[UInt32]]? {
    var results: [[UInt32]] = []
    var waiting = [(done: [UInt32](), rest: pattern[...])]
    while let (done, rest) = waiting.popLast() {
      guard let list = firstList(in: rest) else {
        results.append(done + rest)
        if results.count + waiting.count > mostAlternatives { return nil }
        continue
      }
      // Backwards, since the last is looked at first.
      for part in list.parts.reversed() {
        waiting.append((done + rest[..<list.start], (part + rest[list.end...])[...]))
      }
      if results.count + waiting.count > mostAlternatives { return nil }
    }
    return results
  }

  /// The first `{a,b}` of a text: its parts, where it begins, and what follows it.
  private static func firstList(
    in text: ArraySlice<UInt32>
  ) -> (parts: [[UInt32]], start: Int, end: Int)? {
    var index = text.startIndex
    while index < text.endIndex {
      if text[index] == escape {
        index += 1
      } else if text[index] == open, let (parts, end) = list(in: text, from: index) {
        return (parts, index, end)
      }
      index += 1
    }
    return nil
  }

  private static func list(in text: ArraySlice<UInt32>, from start: Int) -> (parts: [[UInt32]], end: Int)? {
    var parts: [[UInt32]] = []
    var depth = 0
    var begin = start + 1
    var index = start
    while index < text.endIndex {
      switch text[index] {
      case escape: index += 1
      case open: depth += 1
      case comma where depth == 1:
        parts.append(Array(text[begin..<index]))
        begin = index + 1
      case close:
        depth -= 1
        if depth == 0 {
          parts.append(Array(text[begin..<index]))
          return parts.count > 1 ? (parts, index + 1) : nil
        }
      default: break
      }
      index += 1
    }
    return nil
  }
}

/// Why a text is no pattern.
struct GlobPatternError: Error, Sendable, Hashable {
  /// One sentence without its point.
  let sentence: String
}
