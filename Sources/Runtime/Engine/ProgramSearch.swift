#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Finds the program of a command, and says in words why a command could not be started.
enum ProgramSearch {
  /// The path of the program that `name` means: itself if it holds a slash, else the first executable file of that name in
  /// the folders of `PATH`. Relative and empty entries of `PATH` are passed over.
  static func path(of name: String, searchPath: [UInt8]?) -> String? {
    guard !name.utf8.contains(UInt8(ascii: "/")) else { return name }
    for folder in folders(of: searchPath) {
      let path = "\(folder)/\(name)"
      if isProgram(path) { return path }
    }
    return nil
  }

  /// Why a program could not be found or executed.
  static func diagnosis(of name: String, from folder: String?, searchPath: [UInt8]?, errno number: Int32?) -> String {
    let shown = "'\(Escaping.line(name))'"
    if name.isEmpty { return "the name of the program is empty" }
    if number == E2BIG { return "\(shown) cannot be executed: its arguments and environment are too long" }
    guard name.utf8.contains(UInt8(ascii: "/")) else {
      let path = folders(of: searchPath).joined(separator: ":")
      return "the program \(shown) was not found in PATH (\(Escaping.line(path)))"
    }
    let path = name.hasPrefix("/") ? name : "\(folder ?? ".")/\(name)"
    var info = stat()
    guard stat(path, &info) == 0 else {
      switch errno {
      case ENOENT: return "the program \(shown) is not there"
      case ENOTDIR: return "the program \(shown) is not there: a part of its path is no folder"
      case EACCES: return "the program \(shown) cannot be reached: a folder on its path may not be entered"
      default: return "the program \(shown) cannot be reached: \(SystemMessage.text(errno))"
      }
    }
    if info.st_mode & S_IFMT == S_IFDIR { return "\(shown) is a folder, no program" }
    if access(path, X_OK) != 0 { return "the program \(shown) may not be executed: its mode forbids it" }
    switch number {
    case ENOEXEC: return "\(shown) is neither a program for this machine nor a script with a '#!' line"
    case ENOENT, nil: return "\(shown) cannot be executed: what its first line or its loader names is not there"
    case .some(let number): return "\(shown) cannot be executed: \(SystemMessage.text(number))"
    }
  }

  /// Why a command could not be started in a folder.
  static func diagnosis(ofFolder folder: String) -> String {
    let shown = "'\(Escaping.line(folder))'"
    var info = stat()
    guard stat(folder, &info) == 0 else {
      return switch errno {
      case ENOENT: "the folder \(shown) is not there"
      case ENOTDIR: "the folder \(shown) is not there: a part of its path is no folder"
      default: "the folder \(shown) cannot be reached: \(SystemMessage.text(errno))"
      }
    }
    guard info.st_mode & S_IFMT == S_IFDIR else { return "\(shown) is no folder" }
    return "the folder \(shown) may not be entered"
  }

  private static func folders(of searchPath: [UInt8]?) -> [String] {
    guard let searchPath else { return ["/usr/local/bin", "/usr/bin", "/bin"] }
    return searchPath.split(separator: UInt8(ascii: ":")).filter { $0.first == UInt8(ascii: "/") }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private static func isProgram(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }
}

/// What the system says about a value of `errno`.
enum SystemMessage {
  static func text(_ number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    _ = strerror_r(number, &buffer, buffer.count)
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
