import CProcess
import Glibc
import Jobs

@testable import Runtime

/// One start of a program, from the launcher's arguments to the program's end.
struct LaunchOrder {
  private var policy = SandboxPolicy()
  private var surroundings = SandboxSurroundings.current(workingDirectory: nil, stateDirectory: nil)
  private var program: [String] = []
  /// More of the program's environment.
  private var variables: [[UInt8]] = []
  /// As on a machine where Landlock works but network namespaces are forbidden.
  private var isWithoutNamespaces = false
  private var signal: (file: String, number: Int32)?

  init(_ words: [String]) {
    var rest = words[...]
    while let option = rest.popFirst(), option != "--" {
      switch option {
      case "--read-nothing": policy.read = []
      case "--net": policy.net = true
      case "--without-namespaces": isWithoutNamespaces = true
      default: set(option, rest.popFirst() ?? "")
      }
    }
    program = Array(rest)
  }

  private mutating func set(_ option: String, _ value: String) {
    switch option {
    case "--cwd": surroundings.workingDirectory = value
    case "--home": surroundings.homes = [value]
    case "--state": surroundings.stateDirectory = value
    case "--runtime": surroundings.runtimeDirectories = [value]
    case "--preset": policy = SandboxPolicy.preset(named: value) ?? policy
    case "--read": policy.read = (policy.read ?? []) + [value]
    case "--write": policy.write.append(value)
    case "--variable": variables.append(Array(value.utf8) + [0])
    case "--terminate-when": signal = (value, SIGTERM)
    case "--kill-when": signal = (value, SIGKILL)
    default: exit(2)
    }
  }

  /// Runs it, and returns what the launcher is to exit with.
  func run() throws(SandboxFailure) -> Int32 {
    let launch = try prepare()
    chdir(surroundings.workingDirectory)
    let child = start(launch)
    if let signal { send(signal.number, when: signal.file, to: child, launch) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    let end: SandboxLaunch.Conclusion =
      status & 0x7F == 0 ? .exited(code: Int(status >> 8 & 0xFF)) : .signalled(Int(status & 0x7F))
    switch launch.conclusion(end) {
    case .exited(let code): return Int32(code)
    case .signalled(let number):
      Launcher.say("ended by signal \(number)")
      return Int32(128 + number)
    case .notStarted(let sentence):
      Launcher.say(sentence)
      return 126
    }
  }

  private func prepare() throws(SandboxFailure) -> SandboxLaunch {
    var entries = variables
    var next = environ
    while let entry = next.pointee {
      entries.append(Array(String(cString: entry).utf8) + [0])
      next += 1
    }
    let subject = SandboxLaunch.Subject(program: program[0], environment: entries, output: isFile(1) ? 1 : nil)
    guard isWithoutNamespaces, case .works(var means) = SandboxSupport.current().landlock else {
      return try SandboxLaunch(policy, in: surroundings, for: subject)
    }
    means.hasNetworkNamespaces = false
    return try SandboxLaunch(try ResolvedSandbox(policy, in: surroundings), means, subject)
  }

  private func start(_ launch: SandboxLaunch) -> pid_t {
    var words = launch.prefix + program
    var kept = launch.inherited
    if let ruleset = launch.ruleset {
      words = [readLink("/proc/self/exe"), "confine", "\(ruleset)", "\(launch.flags)", "--"] + program
      kept.append(ruleset)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // A copy onto itself is kept open on exec.
    for descriptor in kept { posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // As the engine does: no signal is blocked or ignored.
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let signals = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    posix_spawnattr_setflags(&attributes, Launcher.newSession | signals)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var variables = launch.environment.map { strdup(String(decoding: $0.dropLast(), as: UTF8.self)) } + [nil]
    var child: pid_t = 0
    let number = posix_spawnp(&child, words[0], &actions, &attributes, &arguments, &variables)
    if number != 0 { Launcher.complain("\(words[0]): \(String(cString: strerror(number)))") }
    return child
  }

  private func send(_ number: Int32, when file: String, to child: pid_t, _ launch: SandboxLaunch) {
    while access(file, F_OK) != 0 { usleep(1000) }
    let targets = number == SIGTERM ? launch.politeTargets(leader: child) : [child]
    for target in targets { kill(target, number) }
  }

  private func isFile(_ descriptor: Int32) -> Bool {
    var info = stat()
    return fstat(descriptor, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
  }

  private func readLink(_ path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
