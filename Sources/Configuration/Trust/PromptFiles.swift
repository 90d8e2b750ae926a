/// The files of a project that its agents' files name by `{file:PATH}`: to trust an agent is to trust its prompt.
enum PromptFiles {
  private static let mark = Array("{file:".utf8)
  private static let longest = 4096

  /// Those that are there, from the project's folder. More may be found than the agents take: the words may stand anywhere.
  static func paths(in contents: ProjectContents, project: String) -> [String] {
    var found: Set<String> = []
    for file in contents.files where file.path.hasSuffix(".md") {
      let folder = file.path.split(separator: "/").dropLast().joined(separator: "/")
      for reference in references(in: file.bytes) {
        guard let path = ProjectPaths.relative(reference, from: folder, in: project),
          ProjectPaths.isFile(ProjectPaths.absolute(path, in: project))
        else { continue }
        found.insert(path)
      }
    }
    return found.sorted()
  }

  /// What stands in `{file:…}`, within a line.
  static func references(in bytes: [UInt8]) -> [String] {
    var references: [String] = []
    var rest = bytes[...]
    while let open = rest.firstIndex(of: mark[0]) {
      rest = rest[open...]
      guard rest.starts(with: mark) else {
        rest = rest.dropFirst()
        continue
      }
      rest = rest.dropFirst(mark.count)
      let path = rest.prefix(longest).prefix { $0 != 0x7D && $0 != 0x0A && $0 != 0 }
      guard path.endIndex < rest.endIndex, rest[path.endIndex] == 0x7D else { continue }
      let text = String(decoding: path, as: UTF8.self)
      references.append(String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()))
    }
    return references
  }
}
