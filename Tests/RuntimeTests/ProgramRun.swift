import Glibc

/// One run of a program to its end, its output kept.
struct ProgramRun: Sendable {
  /// The exit code, or 128 and the signal.
  let exitCode: Int32
  let output: String
  let talk: String

  /// The program that this package builds: it lies where the tests lie.
  static let agentscript: String = {
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = readlink("/proc/self/exe", &buffer, 4096)
    let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return own[..<(own.lastIndex(of: "/") ?? own.startIndex)] + "/agentscript"
  }()

  /// Runs a program in a folder; its output goes through files there, so that what outlives it holds nothing up.
  /// Standard input is empty. A program that takes longer than `seconds` is killed.
  init(_ arguments: [String], in folder: String, environment: [String: String] = [:], seconds: Int = 60) throws {
    let output = folder + "/.stdout", talk = folder + "/.stderr"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, talk, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    // The shell changes the folder; it becomes `timeout`, which tells of its child's end.
    let limit = ["timeout", "--foreground", "-s", "KILL", "\(seconds)"]
    let command = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + limit + arguments
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var variables = ProgramRun.variables(environment).map { strdup($0) } + [nil]
    defer { for text in words + variables { free(text) } }
    var pid: pid_t = 0
    var attributes = PlainSignals.attributes()
    defer { posix_spawnattr_destroy(&attributes) }
    let status = posix_spawn(&pid, command[0], &actions, &attributes, &words, &variables)
    guard status == 0 else { throw Failure(sentence: "\(arguments[0]): \(String(cString: strerror(status)))") }
    exitCode = ProgramRun.wait(pid)
    self.output = TestFile.text(output)
    self.talk = TestFile.text(talk)
  }

  struct Failure: Error {
    let sentence: String
  }

  /// The environment of this process with changes, and without what could make a test talk to a provider of models, or read
  /// its user's configuration.
  static func variables(_ asked: [String: String]) -> [String] {
    var changes = asked
    for (name, value) in quiet where asked[name] == nil { changes[name] = value }
    var kept: [String] = []
    var next = environ
    while let entry = next.pointee {
      next += 1
      let text = String(cString: entry)
      if !changes.keys.contains(where: { text.hasPrefix($0 + "=") }) { kept.append(text) }
    }
    return kept + changes.map { "\($0)=\($1)" }
  }

  private static let quiet = [
    "AGENTSCRIPT_LOCAL_MODELS": "0", "XDG_CONFIG_HOME": "/nonexistent", "XDG_STATE_HOME": "/nonexistent",
    "ANTHROPIC_API_KEY": "", "OPENAI_API_KEY": "", "NVIDIA_API_KEY": "", "OPENROUTER_API_KEY": "", "GROQ_API_KEY": "",
    "ANTHROPIC_BASE_URL": "", "OPENAI_BASE_URL": "", "AGENTSCRIPT_MOCK": "",
  ]

  private static func wait(_ pid: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }
}
