import Models

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A process whose only call is turned away for so many milliseconds, at the gate that lies in a folder: `GateProbe FOLDER
/// MILLISECONDS`. It says `shut` once its gate is, and asks again until somebody ends it.
@main
enum GateProbe {
  static func main() async throws {
    let words = CommandLine.arguments
    guard words.count == 3, let milliseconds = Int(words[2]) else { return }
    let gate = ProviderGate(file: try GateFile(folder: words[1], provider: "p", key: "k"))
    let refused: @Sendable (@Sendable () -> Void) async throws -> (value: Int, tokens: Int?) = { _ in
      throw ProviderError(
        kind: .rateLimited, message: "", status: 429, retryAfter: .milliseconds(milliseconds))
    }
    _ = try await gate.run(model: "m", onWait: { _ in _ = write(1, "shut\n", 5) }, refused)
  }
}
