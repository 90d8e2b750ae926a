import Clocks
import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Calls the program git, each call in a session of its own, without hooks, pagers, editors and questions.
struct Git: Sendable {
  /// The first version that merges without a checkout.
  private static let oldest = (major: 2, minor: 38)
  /// How much output is taken in.
  private static let mostOutput = 256 << 20

  private enum Event: Sendable { case ended, timeIsOver, graceIsOver }

  private let program: String
  private let environment: [[UInt8]]
  private let sparedEnvironment: [[UInt8]]

  /// The git of an environment's `PATH`, for a run. Throws where there is none, or one that is too old.
  init(_ base: JobEnvironment, for run: RunID) async throws(GitFault) {
    environment = base.entriesOfTool(changes: GitCommand.environment, run: run)
    sparedEnvironment = base.entriesOfTool(changes: GitCommand.environment, run: nil)
    guard let found = ProgramSearch.path(of: "git", searchPath: JobEnvironment.searchPath(in: environment)) else {
      throw GitFault("the program git was not found in PATH")
    }
    program = found
    let said = try await self.run(GitCommand(["version"], in: "/")).line
    guard let version = GitTalk.version(in: said) else { throw GitFault("\(found) is no git: \(Escaping.line(said))") }
    guard version >= Git.oldest else {
      throw GitFault(
        "git \(Git.oldest.major).\(Git.oldest.minor) or newer is needed, and this is \(Escaping.line(said))")
    }
  }

  /// Makes a call, and waits for a lock that somebody else holds. Throws if there was no process, or if it failed with
  /// another status than those that the caller `accepts`.
  @discardableResult
  func run(_ command: GitCommand, accepts: Set<Int> = [0]) async throws(GitFault) -> GitOutcome {
    var patience = GitPatience()
    while true {
      let outcome = try await call(command)
      if outcome.succeeded && accepts.contains(0) { return outcome }
      if GitTalk.tellsOfLock(outcome.talk), let pause = patience.next() {
        await Git.sleep(pause)
        continue
      }
      guard accepts.contains(outcome.code) else { throw GitFault(command.words, outcome) }
      return outcome
    }
  }

  /// One call, whatever it comes to.
  private func call(_ command: GitCommand) async throws(GitFault) -> GitOutcome {
    var patience = SpawnPatience()
    while true {
      let files: Files
      do throws(SystemCallError) {
        files = try Files(command)
      } catch {
        guard let pause = patience.pause(after: error.number) else {
          throw GitFault("git could not be started: \(error)")
        }
        await Git.sleep(pause)
        continue
      }
      defer { files.close() }
      var spawn = ProcessSpawn(
        path: program, arguments: ["git"] + command.arguments,
        environment: command.isSpared ? sparedEnvironment : environment, directory: command.folder, input: files.input,
        output: files.output, error: files.talk)
      spawn.badness = 0
      let child: ProcessSpawn.Child
      do throws(ProcessSpawn.Failure) {
        child = try spawn.start()
      } catch {
        if error.step == .directory { throw GitFault(ProgramSearch.diagnosis(ofFolder: command.folder)) }
        guard let pause = patience.pause(after: error.number) else {
          throw GitFault("git could not be started: \(SystemMessage.text(error.number))")
        }
        await Git.sleep(pause)
        continue
      }
      return try await outcome(of: child, command, files)
    }
  }

  private func outcome(of child: ProcessSpawn.Child, _ command: GitCommand, _ files: Files) async throws(GitFault)
    -> GitOutcome
  {
    let inbox = Inbox<Event>()
    let look = KernelWatch.shared.whenEnded(child) { inbox.post(.ended) } ? nil : Git.lookForEnd(of: child, inbox)
    var timers = [inbox.post(.timeIsOver, after: command.timeLimit)]
    var isLate = false
    wait: while true {
      switch await inbox.next() {
      case .ended: break wait
      case .timeIsOver:
        isLate = true
        kill(-child.pid, SIGTERM)
        timers.append(inbox.post(.graceIsOver, after: .seconds(5)))
      case .graceIsOver: kill(-child.pid, SIGKILL)
      }
    }
    for timer in timers { timer.cancel() }
    look?.cancel()
    let end = child.reap()
    if isLate { throw GitFault("git \(command.words[0]) did not end within \(JobSentences.text(command.timeLimit))") }
    let code =
      switch end {
      case .exited(let code): code
      case .signalled(let number): 128 + number
      }
    let output = command.output == nil ? Git.contents(of: files.output, limit: Git.mostOutput) : []
    guard output.count < Git.mostOutput else {
      throw GitFault("git \(command.words[0]) said more than can be taken in")
    }
    let talk = Git.contents(of: files.talk, limit: 64 << 10)
    return GitOutcome(code: code, output: output, talk: String(decoding: talk, as: UTF8.self))
  }

  private static func lookForEnd(of child: ProcessSpawn.Child, _ inbox: Inbox<Event>) -> Task<Void, Never> {
    Task {
      while !Task.isCancelled {
        if child.hasEnded { return inbox.post(.ended) }
        try? await Task.pause(for: .milliseconds(20))
      }
    }
  }

  /// Sleeps where nobody cancels: what is repeated has to come to its end.
  static func sleep(_ time: Duration) async { try? await Task.pause(for: time) }

  private static func contents(of descriptor: Int32, limit: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < limit {
      let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return bytes
  }
}

/// The descriptors of one call. Files in memory and no pipes: nobody has to read while it runs.
private struct Files {
  let input: Int32
  let output: Int32
  let talk: Int32
  private let own: [Int32]

  init(_ command: GitCommand) throws(SystemCallError) {
    var made: [Int32] = []
    do throws(SystemCallError) {
      talk = try ChildDescriptors.input([])
      made.append(talk)
      if let wanted = command.output {
        output = wanted
      } else {
        output = try ChildDescriptors.input([])
        made.append(output)
      }
      if let text = command.input {
        input = try ChildDescriptors.input(text)
        made.append(input)
      } else {
        input = ChildDescriptors.null
      }
    } catch {
      for descriptor in made { systemClose(descriptor) }
      throw error
    }
    own = made
  }

  func close() { for descriptor in own { systemClose(descriptor) } }
}

/// `close(2)`, where a method hides its name.
private func systemClose(_ descriptor: Int32) { _ = close(descriptor) }
