import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A peer that `scripts/peers` starts; it ends with this object, and with this process.
final class PeerServer: Sendable {
  private static let root = String(#filePath.dropLast("Tests/ModelsTests/Client/PeerServer.swift".count))
  /// Where its routes begin, `/v1` included.
  let baseURL: String
  private let pid: pid_t

  /// Whether `scripts/peers` has installed it.
  static func isInstalled(_ name: String) -> Bool { access(root + ".cache/peers/installed-" + name, R_OK) == 0 }

  /// Starts it, and waits until it answers; with `--early` among the options only until its port is open.
  init(_ name: String, _ options: [String] = []) throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    let words = [Self.root + "scripts/peers", "start", name] + options
    let arguments = words.map { strdup($0) } + [nil]
    var pid: pid_t = 0
    try #require(posix_spawn(&pid, words[0], &actions, nil, arguments, environ) == 0)
    for argument in arguments { free(argument) }
    posix_spawn_file_actions_destroy(&actions)
    close(ends[1])
    self.pid = pid
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(ends[0], &byte, 1) == 1, byte != 0x0A { line.append(byte) }
    close(ends[0])
    baseURL = String(decoding: line, as: UTF8.self)
    try #require(baseURL.hasPrefix("http://127.0.0.1:"), "\(name) did not start")
  }

  deinit {
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }
}
