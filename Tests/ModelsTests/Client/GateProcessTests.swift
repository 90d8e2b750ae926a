import FoundationEssentials
import Testing

@testable import Models

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct GateProcessTests {
  static let probe: String = {
    let own = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? ""
    let found = own.isEmpty ? (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "" : own
    return URL(filePath: found).deletingLastPathComponent().appending(path: "GateProbe").path
  }()

  /// Another process that found its provider shut; returned once it says so.
  private func startProbe(_ folder: String, milliseconds: Int) throws -> pid_t {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    let words = [Self.probe, folder, String(milliseconds)]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, Self.probe, &actions, nil, &arguments, environ)
    for argument in arguments { free(argument) }
    posix_spawn_file_actions_destroy(&actions)
    close(ends[1])
    try #require(failure == 0, "\(Self.probe): \(String(cString: strerror(failure)))")
    var line = [UInt8](repeating: 0, count: 5)
    try #require(read(ends[0], &line, 5) == 5 && line == Array("shut\n".utf8))
    return pid
  }

  @Test(.timeLimit(.minutes(1))) func ARefusalInOneProcessHoldsAnotherAlsoAfterTheFirstWasKilled() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "gate-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let start = ContinuousClock.now
    let pid = try startProbe(folder, milliseconds: 3000)
    let told = ContinuousClock.now
    let waits = Log<GateWait.Reason>()
    let gate = ProviderGate(file: try GateFile(folder: folder, provider: "p", key: "k"))
    async let passed = gate.run(model: "m", onWait: { waits.add($0.reason) }) { _ in
      (value: ContinuousClock.now, tokens: nil)
    }
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    let moment = try await passed
    // It waited for the other's three seconds, and for nobody who is gone.
    #expect(moment - start >= .seconds(3) && moment - told < .seconds(30))
    #expect(waits.items.first == .rateLimited)
  }
}
