import Models
import TextPattern
import WireText

extension FileTools {
  /// Finds lines in files.
  public var grep: AgentTool {
    tool(
      "grep", .reads,
      "Finds lines by a regular expression, in one file or in all files below a folder. What git ignores and what is no text "
        + "is left out. Not supported in expressions: references to groups, looking around.",
      [
        "pattern": ["type": "string", "description": "The regular expression."],
        "path": ["type": "string", "description": "The file or folder; the working folder unless given."],
        "glob": ["type": "string", "description": "Only files whose paths fit, such as *.swift."],
        "output_mode": [
          "type": "string", "enum": ["files_with_matches", "content", "count"],
          "description": "files_with_matches unless given.",
        ],
        "context": [
          "type": "integer", "minimum": 0, "maximum": 20, "description": "Lines around each one; with content only.",
        ],
        "ignore_case": ["type": "boolean"],
        "limit": [
          "type": "integer", "minimum": 1, "description": "How many lines or files; 200 unless given, at most 2000.",
        ],
      ], required: ["pattern"]
    ) { input, context throws(FileScope.Refusal) in
      let place = try scope.place(input.optionalText("path") ?? ".")
      try FileTools.check(place, in: context)
      var search = try GrepSearch(input, room: context.room)
      if !FileTools.isFolder(scope, place) {
        try await search.look(try scope.openFile(place), place)
        return search.finished(isCut: false)
      }
      var filter: PathPattern?
      if let glob = input.optionalText("glob") {
        guard let pattern = PathPattern(glob) else {
          throw FileScope.Refusal("the braces of 'glob' stand for too many patterns")
        }
        filter = pattern
      }
      var walk = FolderWalk(scope, maySee: context.maySee)
      try await walk.run(place) { file throws(FileScope.Refusal) in
        if let filter, !filter.matches(Array(file.place.names.dropFirst(place.names.count))) { return true }
        guard let name = file.place.names.last,
          let opened = try? FileScope.openFile(name, in: file.folder, shown: file.place.shown)
        else { return true }
        try await search.look(opened, file.place)
        return !search.isFull
      }
      return search.finished(isCut: walk.isCut)
    }
  }

  private static func isFolder(_ scope: FileScope, _ place: FileScope.Place) -> Bool {
    (try? scope.openFolder(place)) != nil
  }
}
