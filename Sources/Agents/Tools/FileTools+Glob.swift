import Models
import WireText

extension FileTools {
  /// Finds files by their paths.
  public var glob: AgentTool {
    tool(
      "glob", .reads,
      "Finds files by a pattern of their paths, newest first. * is any run of characters within a name, ** any folders, "
        + "{a,b} one of these; a pattern without a slash is looked for in every folder. What git ignores is left out.",
      [
        "pattern": ["type": "string", "description": "Such as src/**/*.swift, or *.{c,h}."],
        "path": ["type": "string", "description": "The folder to look in; the working folder unless given."],
        "limit": ["type": "integer", "minimum": 1, "description": "How many files; 100 unless given, at most 1000."],
      ], required: ["pattern"]
    ) { input, context throws(FileScope.Refusal) in
      let place = try scope.place(input.optionalText("path") ?? ".")
      guard let pattern = PathPattern(try input.text("pattern")) else {
        throw FileScope.Refusal("the pattern's braces stand for too many patterns")
      }
      let limit = input.number("limit", default: 100, in: 1...1000)
      var found: [(path: String, time: Int64)] = []
      var walk = FolderWalk(scope, maySee: context.maySee)
      try await walk.run(place) { file throws(FileScope.Refusal) in
        if pattern.matches(Array(file.place.names.dropFirst(place.names.count))) {
          found.append((file.place.shown, file.version.time))
        }
        return true
      }
      guard !found.isEmpty else { return "(no file fits\(walk.isCut ? "; not all were looked at" : ""))" }
      found.sort { $0.time == $1.time ? $0.path < $1.path : $0.time > $1.time }
      var lines = BoundedLines(room: context.room)
      for (path, _) in found.prefix(limit) where !lines.add(path) { break }
      let hidden = found.count - lines.count
      if hidden > 0 { lines.note("(\(hidden) older files more; narrow the pattern or the path)") }
      if walk.isCut { lines.note("(only the first \(FolderWalk.mostEntries) entries were looked at)") }
      return lines.text
    }
  }
}

/// Lines up to a size.
struct BoundedLines {
  private(set) var text = ""
  private(set) var count = 0
  private let room: Int

  init(room: Int) { self.room = max(room - 300, 200) }

  /// False if there is no room for it.
  mutating func add(_ line: String) -> Bool {
    guard text.utf8.count + line.utf8.count < room || count == 0 else { return false }
    text += line + "\n"
    count += 1
    return true
  }

  /// A line that is always added, and not counted.
  mutating func note(_ line: String) { text += line + "\n" }
}
