#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Standard error, whole texts at a time.
public enum StandardError {
  /// Writes all of the text; what cannot be written is dropped, since there is nobody left to tell.
  public static func write(_ text: String) { writeAll(text, to: 2) }
}

/// Standard output, behind what C's buffer holds of Lua's.
enum StandardOutput {
  static func write(_ text: String) {
    fflush(nil)
    writeAll(text, to: 1)
  }

  /// Lets go of standard input and output, for a process that goes on without whoever started it.
  static func leaveStreams() {
    fflush(nil)
    for (descriptor, flags) in [(STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_WRONLY)] {
      let null = open("/dev/null", flags | O_CLOEXEC)
      guard null >= 0 else { continue }
      dup2(null, descriptor)
      close(null)
    }
  }
}

private func writeAll(_ text: String, to descriptor: Int32) {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    if count <= 0 { return }
    bytes = bytes.dropFirst(count)
  }
}

/// The folder that the process works in.
enum WorkingFolder {
  static var path: String {
    guard let bytes = getcwd(nil, 0) else { return "/" }
    defer { free(bytes) }
    return String(cString: bytes)
  }

  /// What of the environment decides where state is kept.
  static var stateVariable: [String: String] {
    getenv("AGENTSCRIPT_HOME").map { ["AGENTSCRIPT_HOME": String(cString: $0)] } ?? [:]
  }
}
