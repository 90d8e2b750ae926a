import Agents
import Clocks
import Jobs
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A running server of tools, as the process that it is: the leader of a session of its own, marked as the run's, so that the
/// guardian and the sweep of dead runs find it and all that it starts.
final class MCPProcess: Sendable {
  /// Why there is no process, in one sentence.
  struct Failure: Error, Sendable, CustomStringConvertible {
    let description: String
  }

  /// How long a server may take to end by itself once nothing more comes, and after TERM.
  static let grace = Duration.seconds(2)
  /// So much of what it says beside the protocol is kept, the last of it.
  private static let keptWords = 8 << 10

  private enum Event: Sendable { case ended, timeIsOver }

  private let child: ProcessSpawn.Child
  private let input: AwaitedDescriptor
  private let output: AwaitedDescriptor
  private let words: AwaitedDescriptor
  private let listening: Task<Void, Never>
  private let ends = Inbox<Event>()
  private let closing = Mutex<Task<Void, Never>?>(nil)

  /// Starts a server with the environment of a run's commands, but without variables that are secrets by their names, or that
  /// `secrets` lists; those that the server's own settings name it gets.
  static func open(
    _ server: MCPServerSpec, inherited: JobEnvironment, run: RunID, secrets: Set<String> = []
  ) async throws(Failure) -> MCPPipe {
    let entries = try MCPEnvironment.entries(of: server, inherited: inherited, run: run, secrets: secrets)
    guard let name = server.command.first, !name.isEmpty else { throw Failure(description: "its command is empty") }
    let searchPath = JobEnvironment.searchPath(in: entries)
    func diagnosis(_ number: Int32?) -> Failure {
      Failure(
        description: ProgramSearch.diagnosis(of: name, from: server.cwd, searchPath: searchPath, errno: number))
    }
    guard let program = ProgramSearch.path(of: name, searchPath: searchPath) else { throw diagnosis(nil) }
    var patience = SpawnPatience()
    while true {
      do throws(ProcessSpawn.Failure) {
        return try MCPProcess(server, program: program, entries).pipe
      } catch {
        if error.step == .directory { throw Failure(description: ProgramSearch.diagnosis(ofFolder: server.cwd ?? ".")) }
        if let pause = patience.pause(after: error.number) {
          do { try await Task.pause(for: pause) } catch { throw Failure(description: "its start was cancelled") }
        } else if SpawnPatience.mayPass(error.number) || error.step != .execution {
          throw Failure(description: SpawnPatience.sentence(for: error.number))
        } else {
          throw diagnosis(error.number)
        }
      }
    }
  }

  private init(
    _ server: MCPServerSpec, program: String, _ entries: [[UInt8]]
  ) throws(ProcessSpawn.Failure) {
    // A socket towards the server, because writing into a pipe that nobody reads would end this program by a signal; pipes
    // from it, because programs open them anew by /dev/stdout and /dev/stderr.
    let ends = try StreamEnds()
    let spawn = ProcessSpawn(
      path: program, arguments: server.command, environment: entries, directory: server.cwd, input: ends.theirInput,
      output: ends.theirOutput, error: ends.theirWords)
    do throws(ProcessSpawn.Failure) { child = try spawn.start() } catch {
      ends.closeTheirs()
      ends.closeOurs()
      throw error
    }
    ends.closeTheirs()
    input = AwaitedDescriptor(ends.ourInput, forWriting: true)
    output = AwaitedDescriptor(ends.ourOutput, forWriting: false)
    let words = AwaitedDescriptor(ends.ourWords, forWriting: false)
    self.words = words
    let heard = Heard()
    self.heard = heard
    listening = Task { while let bytes = await words.read() { heard.take(bytes, keeping: MCPProcess.keptWords) } }
    watch()
  }

  /// What it said beside the protocol, the last of it.
  private final class Heard: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func take(_ new: [UInt8], keeping limit: Int) { bytes.withLock { $0 = Array(($0 + new).suffix(limit)) } }

    var lastLine: String? {
      let lines = bytes.withLock { $0.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) }
      return lines.last { !$0.allSatisfy { $0 == 0x20 || $0 == 0x09 } }.map { String(decoding: $0, as: UTF8.self) }
    }
  }
  private let heard: Heard

  private var pipe: MCPPipe {
    MCPPipe(
      write: { [self] bytes in
        guard await input.write(bytes) else { throw Failure(description: "it reads no more") }
      },
      read: { [self] in await output.read() },
      close: { [self] in await close() },
      lastWords: { [heard] in heard.lastLine })
  }

  // MARK: The end

  private func watch() {
    let isWatched = KernelWatch.shared.whenEnded(child) { [ends, output] in MCPProcess.tell(ends, output) }
    guard !isWatched else { return }
    // Held by the process itself: it ends with it.
    Task { [child, ends, output] in
      while !child.hasEnded { try? await Task.pause(for: .milliseconds(20)) }
      MCPProcess.tell(ends, output)
    }
  }

  private static func tell(_ ends: Inbox<Event>, _ output: AwaitedDescriptor) {
    ends.post(.ended)
    // Whoever else has its output open says nothing in its name.
    Task {
      try? await Task.pause(for: .milliseconds(250))
      output.close()
    }
  }

  /// Ends the server, and returns when it is gone: the end of its input, TERM, KILL.
  private func close() async {
    let task = closing.withLock { closing in
      if let closing { return closing }
      let task = Task { await self.end() }
      closing = task
      return task
    }
    await task.value
  }

  private func end() async {
    input.close()
    var hasEnded = await waits(for: MCPProcess.grace)
    if !hasEnded {
      kill(-child.pid, SIGTERM)
      hasEnded = await waits(for: MCPProcess.grace)
    }
    if !hasEnded {
      kill(-child.pid, SIGKILL)
      while await !waits(for: .seconds(60)) {}
    } else if kill(-child.pid, SIGTERM) == 0 {
      // Its children had the same end of input, and the leader's number is still ours.
      try? await Task.pause(for: .milliseconds(100))
      kill(-child.pid, SIGKILL)
    }
    _ = child.reap()
    output.close()
    // Its last words lie in the pipe by now; whoever else has it open is not waited for.
    let last = Task {
      try? await Task.pause(for: .milliseconds(200))
      words.close()
    }
    await listening.value
    last.cancel()
    words.close()
  }

  /// Whether it has ended, or does within that time.
  private func waits(for time: Duration) async -> Bool {
    let timer = ends.post(.timeIsOver, after: time)
    defer { timer.cancel() }
    return await ends.next() == .ended
  }
}

/// The ends of a server's three streams.
private struct StreamEnds {
  let ourInput: Int32
  let theirInput: Int32
  let ourOutput: Int32
  let theirOutput: Int32
  let ourWords: Int32
  let theirWords: Int32

  init() throws(ProcessSpawn.Failure) {
    var made: [Int32] = []
    func pair(_ make: (UnsafeMutablePointer<Int32>) -> Int32) throws(ProcessSpawn.Failure) -> (Int32, Int32) {
      var ends: [Int32] = [-1, -1]
      guard make(&ends) == 0 else {
        let number = errno
        for descriptor in made { _ = close(descriptor) }
        throw ProcessSpawn.Failure(step: .descriptors, number: number)
      }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      made += ends
      return (ends[0], ends[1])
    }
    (ourInput, theirInput) = try pair { StreamEnds.socketPair($0) }
    (ourOutput, theirOutput) = try pair { pipe($0) }
    (ourWords, theirWords) = try pair { pipe($0) }
  }

  private static func socketPair(_ ends: UnsafeMutablePointer<Int32>) -> Int32 {
    #if canImport(Darwin)
      let result = socketpair(AF_UNIX, SOCK_STREAM, 0, ends)
      var one: Int32 = 1
      if result == 0 { setsockopt(ends[0], SOL_SOCKET, SO_NOSIGPIPE, &one, socklen_t(MemoryLayout<Int32>.size)) }
      return result
    #else
      return socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, ends)
    #endif
  }

  func closeTheirs() { for descriptor in [theirInput, theirOutput, theirWords] { _ = close(descriptor) } }
  func closeOurs() { for descriptor in [ourInput, ourOutput, ourWords] { _ = close(descriptor) } }
}
