/// Paths as roles write them.
enum RolePath {
  /// An absolute path without `.` and `..`: `~/` is the user's home, a relative one begins at `base`. Nil without a base or home.
  static func absolute(_ path: String, base: String?, home: String?) -> String? {
    if path == "~" || path.hasPrefix("~/") { return home.map { normal($0 + path.dropFirst()) } }
    if path.hasPrefix("/") { return normal(path) }
    return base.map { normal($0 + "/" + path) }
  }

  /// Whether a path is a folder or lies in it, both without `.` and `..`.
  static func isInside(_ path: String, _ folder: String) -> Bool {
    path == folder || path.hasPrefix(folder == "/" ? folder : folder + "/")
  }

  static func normal(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
