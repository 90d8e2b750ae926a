#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Programs of this package that lie beside the tests.
enum ProbeProgram {
  /// Nil if it was not built.
  static func path(_ name: String) -> String? {
    var folder = CommandLine.arguments[0]
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      if access(folder + "/" + name, X_OK) == 0 { return folder + "/" + name }
    }
    return nil
  }

  /// Runs a program to its end; its exit code, or -1.
  static func run(_ path: String, _ arguments: [String]) async -> Int32 {
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    words.append(nil)
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, path, nil, nil, words, environ)
    for word in words { free(word) }
    guard failure == 0 else { return -1 }
    while true {
      var status: Int32 = 0
      let found = waitpid(pid, &status, WNOHANG)
      if found == pid { return status & 0x7F == 0 ? (status >> 8) & 0xFF : -1 }
      if found < 0, errno != EINTR { return -1 }
      try? await Task.sleep(for: .milliseconds(5))
    }
  }
}
