internal import CProcess

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Finds out whether `bwrap` is there and works.
enum BubblewrapProbe {
  /// How long one try may take.
  private static let limit: Int32 = 5000

  /// Tries it out.
  static func state() -> SandboxSupport.State<SandboxSupport.Bubblewrap> {
    #if os(Linux)
      guard let path = find() else { return .fails("bwrap is not there; \(SandboxSupport.remedy)") }
      // As root it makes no user namespace unless told to; without the rights of root it has to.
      var first = ""
      for asks in geteuid() == 0 ? [false, true] : [false] {
        for takes in [true, false] {
          let problem = attempt(path, asksForUserNamespace: asks, takesDescriptors: takes)
          guard let problem else {
            return .works(.init(path: path, asksForUserNamespace: asks, takesDescriptors: takes))
          }
          // Of two failures the one without the newer option tells the reason.
          if !takes, first.isEmpty { first = problem }
        }
      }
      return .fails("\(path) does not work here: \(Escaping.line(first))")
    #else
      return .fails("bwrap is a program for Linux")
    #endif
  }

  private static func find() -> String? {
    let usual = Array("/usr/bin:/usr/local/bin:/bin".utf8)
    if let path = ProgramSearch.path(of: "bwrap", searchPath: usual) { return path }
    return getenv("PATH").flatMap { ProgramSearch.path(of: "bwrap", searchPath: Array(String(cString: $0).utf8)) }
  }

  /// Runs `true` in a sandbox that has all that any sandbox has; the reason if that fails.
  private static func attempt(_ path: String, asksForUserNamespace: Bool, takesDescriptors: Bool) -> String? {
    var words = [path, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--unshare-net"]
    if asksForUserNamespace { words.append("--unshare-user") }
    words += ["--die-with-parent", "--cap-drop", "ALL", "--new-session", "--ro-bind", "/", "/"]
    words += ["--perms", "1777", "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]
    let filter = cprocess_memory_file()
    let output = cprocess_memory_file()
    let folder = cprocess_open_path(AT_FDCWD, "/usr")
    defer { for descriptor in [filter, output, folder] where descriptor >= 0 { close(descriptor) } }
    guard filter >= 0, output >= 0, folder >= 0 else { return "no descriptors are left" }
    guard cprocess_filter_write(filter, 0) == 0 else { return "system calls cannot be filtered on this machine" }
    if takesDescriptors { words += ["--ro-bind-fd", "\(folder)", "/usr"] }
    words += ["--json-status-fd", "\(output)", "--seccomp", "\(filter)", "--", "true"]
    return run(words, output: output, kept: [filter, folder])
  }

  /// Runs a program whose standard error goes to `output`; nil if it succeeded, else what it said.
  private static func run(_ words: [String], output: Int32, kept: [Int32]) -> String? {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    // A copy onto itself is kept open on exec.
    for descriptor in kept + [output] { posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, words[0], &actions, &attributes, &arguments, environ)
    guard result == 0 else { return SystemMessage.text(result) }
    guard let status = wait(for: child) else { return "it did not end in time" }
    if status == 0 { return nil }
    let said = text(in: output).split(separator: "\n").last { $0.hasPrefix("bwrap: ") }
    return said.map { String($0.dropFirst("bwrap: ".count)) } ?? "it ended with the status \(status >> 8)"
  }

  private static func wait(for child: pid_t) -> Int32? {
    var isLate = false
    let handle = cprocess_open(child)
    if handle >= 0 {
      var poll = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
      isLate = Glibc.poll(&poll, 1, limit) == 0
      if isLate { kill(child, SIGKILL) }
      close(handle)
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 { if errno != EINTR { return nil } }
    return isLate ? nil : status
  }

  private static func text(in descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }
}
