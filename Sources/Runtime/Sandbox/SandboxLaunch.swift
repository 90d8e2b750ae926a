internal import CProcess
internal import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// One process that is to be started in a sandbox: what its start needs, and what is left to do after its end.
///
/// The start, in the child, in this order:
/// 1. Its environment is `environment`.
/// 2. The descriptors of `inherited` stay open on exec, under the same numbers.
/// 3. Right before exec, if there is a `ruleset`: `cprocess_confine_self(ruleset, flags)`; if that is not 0 the child
///    must not go on, and `sentence(forError:)` says why there is no process.
/// 4. What is executed is `prefix` with the program's words behind it: the program's path, and its arguments.
///
/// With a prefix the process is `bwrap`, which dies with the **thread** that started it, and all in the sandbox with it: it
/// has to be started on `SpawnThread`. Then these hold too:
/// - TERM must not reach the process itself, since it would die at once and take the command with it: see `politeTargets`.
/// - KILL for the process itself ends all that is in the sandbox.
/// - `conclusion` says how the command ended.
///
/// All of it blocks for a moment, and may start processes at the first use (`SandboxSupport.current`).
final class SandboxLaunch: Sendable {
  /// How the command of a sandbox ended.
  enum Conclusion: Sendable, Hashable {
    case exited(code: Int)
    case signalled(Int)
    /// The sandbox could not be set up, or the program not be executed in it; the reason is in the job's output.
    case notStarted(String)
  }

  /// The variable that forces a means: `bwrap` or `landlock`.
  static let variable = "AGENTSCRIPT_SANDBOX"

  /// What confines the process.
  let tier: SandboxSupport.Tier
  /// The words before the program's own; the first is an absolute path. Empty for Landlock.
  let prefix: [String]
  /// Descriptors that the process needs under the same numbers.
  let inherited: [Int32]
  /// For `cprocess_confine_self`.
  let ruleset: Int32?
  /// For `cprocess_confine_self`.
  let flags: UInt32
  /// All of the process's environment.
  let environment: [[UInt8]]

  /// What bwrap writes about the command.
  private let status: Int32?
  private let placeholders: [SandboxPlaceholder]
  private let temporary: SandboxTemporaryFolder?
  private let keepsSession: Bool

  /// What is to be started.
  struct Subject: Sendable {
    /// The program's path. One that cannot be seen in the sandbox is refused.
    var program: String
    /// Its environment, as `NAME=VALUE` with a zero byte behind each.
    var environment: [[UInt8]]
    /// The file that it writes its output to, so that it can open that by `/dev/stdout`.
    var output: Int32?
    /// Whether it was given a terminal, whose session it has to stay in.
    var keepsSession = false
  }

  /// Makes all ready to start a process under a policy. Fails, and says why and what helps, if the process cannot be
  /// confined; it must not be started otherwise then.
  convenience init(
    _ policy: SandboxPolicy, in surroundings: SandboxSurroundings, for subject: Subject
  ) throws(SandboxFailure) {
    let sandbox = try ResolvedSandbox(policy, in: surroundings)
    try SandboxLaunch.check(subject.program, sandbox)
    let forced = getenv(Self.variable).map { String(cString: $0) }
    switch try SandboxLaunch.choose(SandboxSupport.current(), forced: forced) {
    case .bubblewrap(let means): try self.init(sandbox, means, subject)
    case .landlock(let means): try self.init(sandbox, means, subject)
    }
  }

  init(
    _ resolved: ResolvedSandbox, _ means: SandboxSupport.Bubblewrap, _ subject: Subject
  ) throws(SandboxFailure) {
    var sandbox = resolved
    tier = .bubblewrap
    var made: [SandboxPlaceholder] = []
    for path in resolved.forbidden {
      if let one = try SandboxPlaceholder(path) { made.append(one) } else { sandbox.forget(path) }
    }
    placeholders = made
    temporary = nil
    keepsSession = subject.keepsSession
    ruleset = nil
    flags = 0
    let opened = OpenDescriptors()
    let status = try opened.add(cprocess_memory_file(), "a file for its status")
    let filter = try opened.add(cprocess_memory_file(), "a file for its filter")
    let number = cprocess_filter_write(filter, sandbox.sockets.isEmpty ? 0 : CPROCESS_FILTER_UNIX_SOCKETS)
    guard number == 0 else {
      throw SandboxFailure(.system(number), "system calls cannot be filtered: \(SystemMessage.text(number))")
    }
    var setting = BubblewrapArguments.Setting(status: status, filter: filter)
    setting.asksForUserNamespace = means.asksForUserNamespace
    setting.keepsSession = subject.keepsSession
    let (plain, steering) = SandboxEnvironment.split(subject.environment)
    setting.variables = steering
    environment =
      sandbox.hasTemporary(subject.environment) ? plain : SandboxEnvironment.set("TMPDIR", "/tmp", in: plain)
    if means.takesDescriptors {
      for path in BubblewrapArguments.pinnable(sandbox) {
        setting.pinned[path] = try opened.add(SandboxFile.pin(path), "'\(path)'")
      }
    }
    prefix = [means.path] + BubblewrapArguments.words(for: sandbox, setting)
    self.status = status
    inherited = opened.release()
  }

  init(_ sandbox: ResolvedSandbox, _ means: SandboxSupport.Landlock, _ subject: Subject) throws(SandboxFailure) {
    tier = .landlock
    prefix = []
    inherited = []
    placeholders = []
    status = nil
    keepsSession = false
    if let socket = sandbox.sockets.first {
      throw SandboxFailure(
        .unavailable,
        "Landlock cannot give a job one socket ('\(socket)') and keep it from others; \(SandboxSupport.remedy)")
    }
    let folder = try SandboxTemporaryFolder()
    temporary = folder
    environment =
      sandbox.hasTemporary(subject.environment)
      ? subject.environment : SandboxEnvironment.set("TMPDIR", folder.path.text, in: subject.environment)
    var flags: UInt32 = 0
    if !sandbox.net {
      flags = means.hasNetworkNamespaces ? CPROCESS_CONFINE_NETWORK : CPROCESS_CONFINE_NO_SOCKETS
    }
    self.flags = flags
    ruleset = try LandlockRuleset.make(LandlockRules(sandbox.view), temporary: folder.path, output: subject.output)
  }

  /// Closes what the process needed, and removes what was made for it, unless other jobs use it too.
  deinit {
    if !placeholders.isEmpty, !isOver() {
      // Better they stay than that somebody who still runs sees what they cover.
      for placeholder in placeholders { _ = Unmanaged.passRetained(placeholder) }
    }
    for descriptor in inherited { close(descriptor) }
    if let ruleset { close(ruleset) }
  }

  /// Says what bwrap would only say in the job's output: that the program is not there or cannot be seen.
  private static func check(_ program: String, _ sandbox: ResolvedSandbox) throws(SandboxFailure) {
    guard program.utf8.contains(UInt8(ascii: "/")) else { return }
    let folder = sandbox.workingDirectory
    let path = AbsolutePath(program, from: folder)
    guard access(path.text, X_OK) == 0, SandboxFile.kind(of: path) != .folder else {
      throw SandboxFailure(
        .policy, ProgramSearch.diagnosis(of: program, from: folder.text, searchPath: nil, errno: nil))
    }
    guard sandbox.canRead(path.text) else {
      throw SandboxFailure(
        .policy, "the program '\(Escaping.line(program))' cannot be seen in the sandbox; list its folder in read")
    }
  }

  /// Which means to use. A forced one is used or nothing is.
  static func choose(_ support: SandboxSupport, forced: String?) throws(SandboxFailure) -> Choice {
    var tier = support.tier
    if let forced, !forced.isEmpty {
      guard let wanted = SandboxSupport.Tier(rawValue: forced) else {
        throw SandboxFailure(
          .unavailable, "\(variable) must be \"bwrap\" or \"landlock\", not \"\(Escaping.line(forced))\"")
      }
      tier = wanted
    }
    let reasons = support.sentences.filter { !$0.works && (tier == nil || $0.tier == tier) }.map(\.sentence)
    switch (tier, support.bubblewrap, support.landlock) {
    case (.bubblewrap, .works(let means), _): return .bubblewrap(means)
    case (.landlock, _, .works(let means)): return .landlock(means)
    default:
      let hint = reasons.contains { $0.contains(SandboxSupport.remedy) } ? "" : "; \(SandboxSupport.remedy)"
      throw SandboxFailure(
        .unavailable, "the job cannot be confined, so it is not run: \(reasons.joined(separator: "; "))\(hint)")
    }
  }

  /// What was chosen.
  enum Choice: Sendable, Hashable {
    case bubblewrap(SandboxSupport.Bubblewrap)
    case landlock(SandboxSupport.Landlock)
  }
}

// MARK: - While it runs, and after

extension SandboxLaunch {
  /// Why there is no process, from what `cprocess_confine_self` returned.
  static func sentence(forError number: Int32) -> String {
    "the job could not be confined, so it was not run: \(SystemMessage.text(number))"
  }

  /// Whom to send a signal that the command shall act on: numbers for `kill`, negative ones for groups. Empty if the sandbox
  /// is not set up yet: nothing of the command runs then, and the process itself can be killed.
  ///
  /// `leader` is the process that was started. Without bwrap it is its group.
  func politeTargets(leader: Int32) -> [Int32] {
    guard tier == .bubblewrap else { return [-leader] }
    guard let first = record["child-pid"], let number = Int32(exactly: first), number > 1 else { return [] }
    if keepsSession { return SandboxProcesses.children(of: number) }
    // The first process in the sandbox leads a session of its own there; of TERM it takes no notice.
    return SandboxProcesses.group(of: number) == number ? [-number] : []
  }

  /// How the command ended, from how the process did. To be asked when it has ended.
  ///
  /// bwrap tells a signal by an exit code of 128 and more, as shells do, and so do commands that it runs: both are told as
  /// that signal.
  func conclusion(_ end: Conclusion) -> Conclusion {
    guard tier == .bubblewrap else { return end }
    _ = isOver()
    guard case .exited(let code) = end else { return end }
    guard record["exit-code"] != nil else {
      return .notStarted("the sandbox could not be set up, or the program not be executed in it")
    }
    return (129...159).contains(code) ? .signalled(code - 128) : end
  }

  /// Waits until all in the sandbox have ended, which they do right after bwrap; false if they have not in two seconds.
  private func isOver() -> Bool {
    guard let first = record["child-pid"], let number = Int32(exactly: first) else { return true }
    return SandboxProcesses.hasEnded(number, within: .seconds(2))
  }

  /// What bwrap wrote: an object of numbers to a line.
  private var record: [String: Int] {
    guard let status else { return [:] }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = pread(status, &bytes, bytes.count, 0)
    return SandboxLaunch.fields(bytes.prefix(max(count, 0)))
  }

  /// The numbers by their names in lines such as `{ "exit-code": 7 }`.
  static func fields(_ bytes: ArraySlice<UInt8>) -> [String: Int] {
    var fields: [String: Int] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let pieces = line.split { [UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ",")].contains($0) }
      for piece in pieces {
        let words = piece.split { [UInt8(ascii: " "), UInt8(ascii: "\""), UInt8(ascii: ":")].contains($0) }
        guard words.count == 2, words[1].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
          continue
        }
        fields[String(decoding: words[0], as: UTF8.self)] = Int(String(decoding: words[1], as: UTF8.self))
      }
    }
    return fields
  }
}

/// Descriptors that are closed again unless all could be had.
private final class OpenDescriptors {
  private var descriptors: [Int32] = []

  func add(_ descriptor: Int32, _ what: String) throws(SandboxFailure) -> Int32 {
    guard descriptor >= 0 else {
      let number = errno
      throw SandboxFailure(.system(number), "the sandbox cannot have \(what): \(SystemMessage.text(number))")
    }
    descriptors.append(descriptor)
    return descriptor
  }

  func release() -> [Int32] {
    defer { descriptors = [] }
    return descriptors
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}
