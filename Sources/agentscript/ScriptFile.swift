import Jobs
import Runtime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A script's file, looked at before anything is started for it.
enum ScriptFile {
  /// Why the file cannot be run, in one sentence with a hint where there is one; nil when it can be opened.
  static func problem(_ path: String) -> String? {
    let shown = TerminalText.line(path)
    var info = stat()
    guard stat(path, &info) == 0 else {
      let number = errno
      guard number == ENOENT || number == ENOTDIR else { return "cannot open '\(shown)': \(SystemText.of(number))" }
      return "cannot open '\(shown)': no such file" + hint(for: path)
    }
    if info.st_mode & S_IFMT == S_IFDIR { return "cannot run '\(shown)': it is a directory" }
    // A pipe would lose what is read from it here.
    guard info.st_mode & S_IFMT == S_IFREG else { return nil }
    guard access(path, R_OK) == 0 else { return "cannot open '\(shown)': \(SystemText.of(errno))" }
    return nil
  }

  private static func hint(for path: String) -> String {
    var info = stat()
    if !path.hasSuffix(".lua"), stat(path + ".lua", &info) == 0 {
      return "; did you mean '\(TerminalText.line(path)).lua'?"
    }
    if let command = NearMiss.best(for: path, among: CommandWord.known) {
      return "; did you mean the command '\(command)'?"
    }
    if let near = neighbour(of: path) { return "; did you mean '\(TerminalText.line(near))'?" }
    return ""
  }

  /// A script in the same folder whose name is close.
  private static func neighbour(of path: String) -> String? {
    let cut = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let folder = path[..<cut]
    guard let listing = opendir(folder.isEmpty ? "." : String(folder)) else { return nil }
    defer { closedir(listing) }
    var names: [String] = []
    while names.count < 10_000, let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if name.hasSuffix(".lua") { names.append(name) }
    }
    return NearMiss.best(for: String(path[cut...]), among: names).map { folder + $0 }
  }
}
