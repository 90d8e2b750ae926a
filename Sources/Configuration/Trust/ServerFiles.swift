/// The files of a project that its MCP servers are made of, as far as their commands name them: to trust the command is to trust
/// them. What those load in turn is not known.
enum ServerFiles {
  static func paths(in entries: [SettingEntry], project: String) -> [String] {
    guard let root = ProjectPaths.resolved(project) else { return [] }
    var found: Set<String> = []
    for entry in entries where entry.path.count == 3 && entry.path[0] == "mcp" && entry.path[2] == "command" {
      let cwd = entries.first { $0.path == ["mcp", entry.path[1], "cwd"] }?.value.text ?? "."
      let folder = ProjectPaths.absolute(cwd, in: project)
      for word in entry.value.texts ?? [] {
        guard let real = ProjectPaths.resolved(word.hasPrefix("/") ? word : folder + "/" + word),
          real.hasPrefix(root == "/" ? "/" : root + "/"), ProjectPaths.isFile(real)
        else { continue }
        found.insert(String(real.dropFirst(root == "/" ? 1 : root.utf8.count + 1)))
      }
    }
    return found.sorted()
  }
}
