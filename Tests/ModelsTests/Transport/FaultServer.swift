import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The server of faults.py as a process of its own, which ends with this object.
final class FaultServer: Sendable {
  let port: Int
  /// The same server as another origin.
  let other: Int
  /// Nobody takes connections there, nor refuses them.
  let full: Int
  let tls: Int?
  private let pid: pid_t
  private let input: Int32

  /// With a folder it also speaks TLS, and leaves certificate.pem there.
  init(certificateFolder: String? = nil) throws {
    let script = String(#filePath.dropLast("FaultServer.swift".count)) + "faults.py"
    var words = ["python3", script]
    if let certificateFolder { words.append("--tls=" + certificateFolder) }
    var toChild: [Int32] = [-1, -1], fromChild: [Int32] = [-1, -1]
    try #require(pipe(&toChild) == 0 && pipe(&fromChild) == 0)
    for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
    posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
    var arguments = words.map { strdup($0) } + [nil]
    var pid: pid_t = 0
    try #require(posix_spawnp(&pid, "python3", &actions, nil, &arguments, environ) == 0)
    for argument in arguments { free(argument) }
    posix_spawn_file_actions_destroy(&actions)
    close(toChild[0])
    close(fromChild[1])
    self.pid = pid
    input = toChild[1]
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(fromChild[0], &byte, 1) == 1, byte != 0x0A { line.append(byte) }
    close(fromChild[0])
    let text = String(decoding: line, as: UTF8.self)
    func number(_ name: String) -> Int? {
      guard let place = text.firstRange(of: "\"\(name)\": ") else { return nil }
      return Int(text[place.upperBound...].prefix { $0.isNumber })
    }
    port = try #require(number("port"), "the fault server did not start: \(text)")
    other = try #require(number("other"))
    full = try #require(number("full"))
    tls = number("tls")
  }

  /// One for all tests that do not look at what it counts; it ends with this process.
  static let shared = Result { try FaultServer() }

  deinit {
    close(input)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }

  func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }
}

/// This process as the system sees it.
enum OwnProcess {
  /// The lowest free number tells nothing of leaks above it, so all are counted.
  static func descriptors() -> Int { entries("/proc/self/fd") }
  static func threads() -> Int { entries("/proc/self/task") }

  /// Kilobytes in memory.
  static func residentKilobytes() -> Int {
    guard let file = fopen("/proc/self/statm", "re") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 256, file) != nil else { return 0 }
    let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
      separator: " ")
    return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
  }

  private static func entries(_ path: String) -> Int {
    guard let folder = opendir(path) else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count
  }
}
