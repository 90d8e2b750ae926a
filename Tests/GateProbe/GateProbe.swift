import Models

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A process whose only call is turned away for so many milliseconds, at the gate that lies in a folder: `GateProbe FOLDER
/// MILLISECONDS`. It says `shut` once its gate is, and asks again until somebody ends it.
///
/// `GateProbe FOLDER PORT COUNT` asks so many tasks' questions of the provider on that port, all at once, and ends with 0 if all were
/// answered.
@main
enum GateProbe {
  static func main() async throws {
    let words = CommandLine.arguments
    if words.count == 4, let port = Int(words[2]), let count = Int(words[3]) {
      exit(await ask(folder: words[1], port: port, count: count) == count ? 0 : 1)
    }
    guard words.count == 3, let milliseconds = Int(words[2]) else { return }
    let gate = ProviderGate(file: try GateFile(folder: words[1], provider: "p", key: "k"))
    let refused: @Sendable (@Sendable () -> Void) async throws -> (value: Int, tokens: Int?) = { _ in
      throw ProviderError(
        kind: .rateLimited, message: "", status: 429, retryAfter: .milliseconds(milliseconds))
    }
    _ = try await gate.run(model: "m", onWait: { _ in _ = write(1, "shut\n", 5) }, refused)
  }
  private static func ask(folder: String, port: Int, count: Int) async -> Int {
    let provider = ModelProvider(name: "play", baseURL: "http://127.0.0.1:\(port)/v1", keyVariable: "PLAY_API_KEY")
    var policy = GatePolicy()
    policy.limits.concurrency = 20
    let setup = ModelSetup(
      providers: [provider], keys: ["play": "sk-canary-0123456789"],
      models: [RoutedModel(name: ModelName(provider: "play", model: "m"), tier: .fast)], gates: ["play": policy])
    let desk = ModelDesk(setup, transport: HTTPTransport(), gateFolder: folder)
    return await withTaskGroup(of: Bool.self) { group in
      for number in 0..<count {
        group.addTask {
          guard let session = try? await desk.session(RouteQuery(tier: "fast"), retries: 0) else { return false }
          let request = ModelRequest(model: "", messages: [.user("\(getpid()) \(number)")])
          return (try? await session.turn(request))?.reply.text.isEmpty == false
        }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
  }
}
