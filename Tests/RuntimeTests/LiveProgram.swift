import Glibc
import Synchronization
import Testing

/// A program that runs beside the test, as the leader of a session of its own. Its output goes to files in its folder.
final class LiveProgram: Sendable {
  /// The number of the process that was started. Where there is a guardian, it is that.
  let pid: pid_t
  let folder: String

  /// Starts it. With a terminal, that is its standard input, output and error, and controls its session.
  init(
    _ arguments: [String], in folder: String, environment: [String: String] = [:], terminal: PseudoTerminal? = nil
  ) throws {
    self.folder = folder
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let terminal {
      // The first terminal that the leader of a session opens becomes its own.
      posix_spawn_file_actions_addopen(&actions, 0, terminal.path, O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, 0, 1)
      posix_spawn_file_actions_adddup2(&actions, 0, 2)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, folder + "/.stdout", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      posix_spawn_file_actions_addopen(&actions, 2, folder + "/.stderr", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    var attributes = PlainSignals.attributes(newSession: true)
    defer { posix_spawnattr_destroy(&attributes) }
    // The shell changes the folder, and becomes the program.
    let command = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + arguments
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var variables = ProgramRun.variables(environment).map { strdup($0) } + [nil]
    defer { for text in words + variables { free(text) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, command[0], &actions, &attributes, &words, &variables)
    guard status == 0 else {
      throw ProgramRun.Failure(sentence: "\(arguments[0]): \(String(cString: strerror(status)))")
    }
    self.pid = pid
  }

  var output: String { TestFile.text(folder + "/.stdout") }
  var talk: String { TestFile.text(folder + "/.stderr") }

  /// The process below the guardian, once it is there.
  var runtime: pid_t? {
    let children = TestFile.text("/proc/\(pid)/task/\(pid)/children").split(separator: " ")
    return children.compactMap { pid_t($0) }.first { TestFile.text("/proc/\($0)/comm") == "agentscript\n" }
  }

  /// Waits for the process's end, and gives its exit code, or 128 and the signal. Nil if it did not end in time: then it is
  /// killed.
  func end(within time: Duration) async -> Int32? {
    let deadline = ContinuousClock.now + time
    while true {
      var status: Int32 = 0
      let got = waitpid(pid, &status, WNOHANG)
      if got == pid { return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F }
      if got < 0 && errno != EINTR { return nil }
      if ContinuousClock.now > deadline {
        kill(pid, SIGKILL)
        waitpid(pid, &status, 0)
        return nil
      }
      try? await Task.sleep(for: .milliseconds(2))
    }
  }
}

/// How a terminal would start a program. A test's thread may have all signals blocked, and what it starts would keep that: a
/// server would not hear TERM.
enum PlainSignals {
  /// To be destroyed by the caller.
  static func attributes(newSession: Bool = false) -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    // POSIX_SPAWN_SETSID is hidden behind _GNU_SOURCE.
    let session: Int32 = newSession ? 0x80 : 0
    posix_spawnattr_setflags(&attributes, Int16(session | Int32(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)))
    var set = sigset_t()
    sigemptyset(&set)
    posix_spawnattr_setsigmask(&attributes, &set)
    sigfillset(&set)
    posix_spawnattr_setsigdefault(&attributes, &set)
    return attributes
  }
}

/// How busy the machine is with other things.
enum Load {
  /// A time that is enough on an idle machine, as it is to be allowed on this one now.
  static func stretched(_ time: Duration) -> Duration {
    let average = Double(TestFile.text("/proc/loadavg").prefix { $0 != " " }) ?? 0
    return time * max(1, average / Double(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }
}

/// A terminal of which the test is the other side.
final class PseudoTerminal: Sendable {
  /// What a program opens.
  let path: String
  private let side: Int32
  private let isOpen = Atomic(true)

  init() throws {
    side = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
    // TIOCSPTLCK and TIOCGPTN, as <asm-generic/ioctls.h> has them.
    var lock: Int32 = 0
    var number: UInt32 = 0
    try #require(side >= 0 && ioctl(side, 0x4004_5431, &lock) == 0 && ioctl(side, 0x8004_5430, &number) == 0)
    path = "/dev/pts/\(number)"
  }

  deinit { hangUp() }

  /// Presses keys.
  func type(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(write(side, bytes, bytes.count) == bytes.count)
  }

  /// What was shown since the last call. To be called again and again: a full terminal makes its programs wait.
  @discardableResult
  func take() -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(side, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  /// How it treats keys and output.
  var modes: [UInt32] {
    var modes = termios()
    tcgetattr(side, &modes)
    return [modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag]
  }

  /// Closes the terminal, as its window does. It cannot be used afterwards.
  func hangUp() {
    let isOpen = isOpen.exchange(false, ordering: .relaxed)
    if isOpen { close(side) }
  }
}
