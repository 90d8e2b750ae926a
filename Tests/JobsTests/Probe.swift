import FoundationEssentials

@testable import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The program JobsProbe as a process beside the test.
final class Probe {
  private let words: [String]
  /// Where its standard error goes, if not to the test's.
  private var errors: String?
  /// A copy of the program for another user; removed with this object.
  private var copy: String?
  private var pid: pid_t = 0
  private var pipeEnd: Int32 = -1
  private(set) var exitCode: Int32 = 0

  /// Whether this machine lets one process watch another: strace is there, and ptrace is permitted.
  static let canTrace: Bool = {
    let probe = Probe(tracing: ["-qq", "-o", "/dev/null", "-e", "trace=none", "/bin/true"])
    return (try? probe.output()) != nil && probe.exitCode == 0
  }()

  /// A sanitizer's search for leaks fails in a process that is watched.
  private static let strace = ["/usr/bin/strace", "-E", "ASAN_OPTIONS=detect_leaks=0"]

  private init(tracing words: [String]) { self.words = Probe.strace + words }

  /// Runs under strace, which does something to it at the n-th call of some kinds: see strace's option `inject`.
  init(_ words: [String], injecting fault: String) {
    self.words =
      Probe.strace + ["-f", "-qq", "-o", "/dev/null", "-e", "inject=\(fault)", Probe.folder + "/JobsProbe"] + words
  }

  /// Runs a program that was built beside the test, and has its system calls written into a file: see `SystemCallTrace`.
  init(_ program: String, _ words: [String], tracedInto file: String, errorsInto errors: String? = nil) {
    self.errors = errors
    self.words =
      Probe.strace + ["-o", file] + SystemCallTrace.words + ["\(Probe.folder)/\(program)"] + words
  }

  /// Runs under a line of shell, in which `$0` is the probe and `$@` are the words.
  init(shell: String, _ words: [String]) {
    self.words = ["/bin/sh", "-c", shell, Probe.folder + "/JobsProbe"] + words
  }

  /// Runs as the user, if one is given; only root may ask for that.
  init(_ words: [String], as user: uid_t? = nil) throws {
    let program = Probe.folder + "/JobsProbe"
    guard let user else {
      self.words = [program] + words
      return
    }
    // The build folder need not be open to everybody: a copy is.
    let copy = "/tmp/jobs-probe-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.copyItem(atPath: program, toPath: copy)
    chmod(copy, 0o755)
    self.copy = copy
    self.words = ["/usr/bin/setpriv", "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups", copy] + words
  }

  deinit {
    if let copy { unlink(copy) }
    if pipeEnd >= 0 { close(pipeEnd) }
    if pid > 0 {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
    }
  }

  /// Where the test's own program lies: the probe is built beside it.
  private static var folder: String {
    let own = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? ""
    let found = own.isEmpty ? try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") : own
    let path = found ?? own
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }

  func start() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw SystemCallError.last("pipe", words[0]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    if let errors { posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT, 0o600) }
    var arguments = words.map { strdup($0) } + [nil]
    let result = posix_spawn(&pid, words[0], &actions, nil, &arguments, environ)
    for argument in arguments { free(argument) }
    posix_spawn_file_actions_destroy(&actions)
    close(ends[1])
    pipeEnd = ends[0]
    guard result == 0 else { throw SystemCallError(call: "posix_spawn", path: words[0], number: result) }
  }

  /// All that it prints until it ends.
  func output() throws -> String {
    if pid == 0 { try start() }
    return String(decoding: rest(), as: UTF8.self)
  }

  func rest() -> [UInt8] {
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65536)
    while case let count = read(pipeEnd, &piece, piece.count), count > 0 { text += piece.prefix(count) }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    // What a shell would show: the exit code, or 128 and the signal's number.
    exitCode = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    pid = 0
    return text
  }

  /// Waits until it has printed something, then lets it run on for so many microseconds, and kills it.
  func killAfter(microseconds: UInt32) -> [UInt8] {
    var first = [UInt8](repeating: 0, count: 4096)
    let count = read(pipeEnd, &first, first.count)
    usleep(microseconds)
    kill(pid, SIGKILL)
    return first.prefix(max(count, 0)) + rest()
  }
}
