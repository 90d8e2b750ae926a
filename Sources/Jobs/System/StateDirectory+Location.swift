#if canImport(Darwin)
  public import Darwin
#else
  public import Glibc
#endif

extension StateDirectory {
  /// The folder's usual name.
  public static let usualName = ".agentscript"

  /// The variable that names another folder.
  public static let variable = "AGENTSCRIPT_HOME"

  /// Finds the folder for work that begins in `directory`, an absolute path; makes nothing.
  ///
  /// In this order: the folder that `AGENTSCRIPT_HOME` names (relative to `directory`), an existing `.agentscript` in
  /// `directory` or above it, `.agentscript` at the root of the repository around `directory` (where `.git` is), and
  /// `.agentscript` in `directory`.
  ///
  /// A folder that is found but that another user owns or may write to is refused, not passed over: who may plant it
  /// must not decide which state is used.
  public static func locate(
    from directory: String, environment: [String: String]
  ) throws(StateDirectoryError) -> StateDirectory {
    let start = directory.hasPrefix("/") ? directory : "/" + directory
    if let home = environment[variable], !home.isEmpty {
      let found = StateDirectory(path: normalized(home.hasPrefix("/") ? home : start + "/" + home))
      if exists(found.path) { try found.check() }
      return found
    }
    var repository: String?
    var folder = normalized(start)
    while true {
      let base = folder == "/" ? "" : folder
      let candidate = base + "/" + usualName
      if exists(candidate) {
        let found = StateDirectory(path: candidate)
        try found.check()
        return found
      }
      if repository == nil, exists(base + "/.git") { repository = base }
      guard let slash = folder.lastIndex(of: "/"), folder != "/" else { break }
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
    }
    let base = repository ?? (start == "/" ? "" : normalized(start))
    return StateDirectory(path: base + "/" + usualName)
  }

  /// The mode of the empty folders that stand for a moment where a sandboxed job must not make one. Nobody else makes
  /// folders of this mode, and `locate` passes them over.
  public static let placeholderMode: mode_t = 0o1500

  /// Whether this is such a folder.
  public static func isPlaceholder(_ info: stat) -> Bool {
    info.st_mode & S_IFMT == S_IFDIR && info.st_mode & 0o7777 == placeholderMode
  }

  private static func exists(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0 && !isPlaceholder(info)
  }

  /// The path without empty and `.` components; `..` is taken by its text, as a shell's `cd` does.
  private static func normalized(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
