public import Jobs
internal import LuaBindings

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The background process of a detached job: one run with one job, in a session of its own, with a guardian of its own.
///
/// It outlives the script, the terminal and the session that started it; the job is found, followed, waited for and ended
/// through the registry like any other. When the runner dies its guardian ends the job's processes, and the job is `lost`.
public enum DetachedRunner {
  /// The word on the command line that makes the program a runner. The state folder's path follows.
  public static let word = "__runner"

  /// Why there is no detached job: one sentence.
  public struct Failure: Error, Sendable, Hashable {
    /// The sentence.
    public let sentence: String
  }

  /// How long a runner may take until it has recorded its job.
  private static let patience: Int32 = 30_000

  /// An id for a job that was given none, told apart from those of every run.
  public static func makeID(slug: String) -> JobID { JobID(slugOf: slug, run: RunID.random(), number: 1) }

  /// Starts a runner for the task of this spec (JSON, as `spawn` takes it, with an id), and returns once the job is in the
  /// registry. Blocks for that long.
  public static func start(_ spec: String, in directory: StateDirectory) throws(Failure) -> JobID {
    do throws(StateDirectoryError) { try directory.create() } catch { throw Failure(sentence: error.description) }
    let input: Int32
    do throws(SystemCallError) { input = try ChildDescriptors.input(Array(spec.utf8)) } catch {
      throw Failure(sentence: "no runner could be started: \(error)")
    }
    var ends: [Int32] = [-1, -1]
    let log = open(directory.path + "/runners.log", O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard log >= 0, pipe(&ends) == 0 else {
      let number = errno
      for descriptor in [input, log] where descriptor >= 0 { close(descriptor) }
      throw Failure(sentence: "no runner could be started: \(SystemMessage.text(number))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let spawn = ProcessSpawn(
      path: ownProgram, arguments: ["agentscript", word, directory.path],
      environment: JobEnvironment().entriesOfRunner(), input: input, output: ends[1], error: log)
    let started = Result { () throws(ProcessSpawn.Failure) in try spawn.start() }
    for descriptor in [input, log, ends[1]] { close(descriptor) }
    defer { close(ends[0]) }
    switch started {
    case .failure(let failure):
      throw Failure(sentence: "no runner could be started: \(SystemMessage.text(failure.number))")
    case .success(let child):
      // While we live somebody has to reap it.
      _ = KernelWatch.shared.whenEnded(child) { _ = child.reap() }
      return try answer(from: ends[0], of: child)
    }
  }

  /// The program that this process runs, also where its file has been replaced meanwhile.
  private static var ownProgram: String {
    #if os(Linux)
      "/proc/self/exe"
    #else
      CommandLine.arguments[0]
    #endif
  }

  /// The path of the file that this process runs.
  public static var programPath: String {
    #if os(Linux)
      var buffer = [CChar](repeating: 0, count: 4097)
      let count = readlink("/proc/self/exe", &buffer, 4096)
      return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    #else
      return CommandLine.arguments[0]
    #endif
  }

  private static func answer(from pipe: Int32, of child: ProcessSpawn.Child) throws(Failure) -> JobID {
    var line: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    let deadline = MonotonicTime.now.advanced(by: .milliseconds(Int(patience)))
    while !line.contains(0x0A) {
      let left = (deadline.nanoseconds - MonotonicTime.now.nanoseconds) / 1_000_000
      var entry = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
      let ready = poll(&entry, 1, Int32(clamping: max(0, left)))
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else {
        kill(-child.pid, SIGTERM)
        throw Failure(sentence: "the runner did not answer in time")
      }
      let count = read(pipe, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { throw Failure(sentence: "the runner ended before it had recorded the job; see runners.log") }
      line += buffer[..<count]
    }
    guard case .table(let table) = LuaJSON.decode(String(decoding: line, as: UTF8.self)) else {
      throw Failure(sentence: "the runner gave no answer that can be understood")
    }
    if let error = table["error"].text { throw Failure(sentence: error) }
    guard let text = table["id"].text, let id = try? JobID(validating: text) else {
      throw Failure(sentence: "the runner gave no answer that can be understood")
    }
    return id
  }
}
