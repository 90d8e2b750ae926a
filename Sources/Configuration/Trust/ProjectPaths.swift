#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Paths that a project's configuration names: they stay within the project.
enum ProjectPaths {
  /// Refuses settings whose paths lead out of the project, by `..`, from the root, or by links.
  static func check(_ entries: [SettingEntry], in project: String, _ place: String) throws(SettingsError) {
    var problems: [SettingsError.Problem] = []
    for entry in entries where isPath(entry.path) {
      guard let text = entry.value.text, !isWithin(text, project) else { continue }
      problems.append(
        SettingsError.Problem(
          place: place, sentence: "\(entry.path.shown) must be a path within the project, not \(entry.value.shown)"))
    }
    if !problems.isEmpty { throw SettingsError(problems) }
  }

  private static func isPath(_ path: SettingPath) -> Bool {
    guard path.count == 3, let last = path.last else { return false }
    return (path[0] == "agents" && (last == "workdir" || last == "memory")) || (path[0] == "mcp" && last == "cwd")
  }

  /// The path from the root.
  static func absolute(_ path: String, in project: String) -> String {
    if path.hasPrefix("/") { return path }
    let path = path == "." ? "" : path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    return path.isEmpty ? project : (project == "/" ? "" : project) + "/" + path
  }

  /// The path from the project's folder, without `.` and `..`, of what a file in a folder of the project names; nil for what lies
  /// elsewhere by its name. A relative path begins at `folder`, which is one from the project's.
  static func relative(_ path: String, from folder: String, in project: String) -> String? {
    var parts: [Substring] = []
    var rest = path[...]
    if path.hasPrefix("/") {
      let root = project == "/" ? "/" : project + "/"
      guard path.hasPrefix(root) else { return nil }
      rest = path.dropFirst(root.count)
    } else {
      parts = folder.split(separator: "/")
    }
    for part in rest.split(separator: "/") where part != "." {
      if part != ".." { parts.append(part) } else if parts.popLast() == nil { return nil }
    }
    return parts.isEmpty || parts[0] == "~" ? nil : parts.joined(separator: "/")
  }

  /// Whether a path stays within the project, also through the links that are there now.
  static func isWithin(_ path: String, _ project: String) -> Bool {
    if path.hasPrefix("~") || path.utf8.contains(0) { return false }
    if path.split(separator: "/").contains("..") { return false }
    guard let root = resolved(project) else { return false }
    var whole = absolute(path, in: project)
    // What is not there yet is made in the nearest folder that is.
    while resolved(whole) == nil {
      guard let slash = whole.lastIndex(of: "/"), slash != whole.startIndex, !isLink(whole) else { return false }
      whole = String(whole[..<slash])
    }
    guard let place = resolved(whole) else { return false }
    return place == root || place.hasPrefix(root == "/" ? "/" : root + "/")
  }

  private static func isLink(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFLNK
  }

  /// Whether there is a file at a path, behind links too.
  static func isFile(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
  }

  /// The path without links; nil for what is not there.
  static func resolved(_ path: String) -> String? {
    guard let pointer = realpath(path, nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}
