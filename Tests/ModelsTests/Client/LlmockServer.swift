import Testing
import WireText

@testable import Models

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// llmock as a process of its own, which ends with this object: a model server that others wrote, which fails as it is told, and
/// judges how its client took it. `scripts/peers` installs it.
final class LlmockServer: Sendable {
  static let program =
    String(#filePath.dropLast("Tests/ModelsTests/Client/LlmockServer.swift".count)) + ".cache/peers/bin/llmock"
  static var isInstalled: Bool { access(program, X_OK) == 0 }

  /// What it does to a call when it is told so, and the error that comes of it; nil for what another try mends.
  static let faults: [(JSONValue, ProviderError.Kind?)] = [
    (["type": "fail", "status": 429, "retry_after": 1], nil), (["type": "fail", "status": 529], nil),
    (["type": "fail", "status": 503], nil), (["type": "fail", "status": 500], nil),
    (["type": "fail", "status": 401], .authentication), (["type": "fail", "status": 400], .badRequest),
    (["type": "stream_fault", "kind": "disconnect", "after_chunks": 3], nil),
    (["type": "stream_fault", "kind": "truncate", "after_chunks": 3], nil),
    (["type": "stream_fault", "kind": "malformed", "after_chunks": 3], nil),
    (["type": "stream_fault", "kind": "stall", "after_chunks": 3, "stall_seconds": 60], nil),
  ]

  let port: Int
  private let pid: pid_t
  private let transport = HTTPTransport()

  init() async throws {
    port = try LlmockServer.freePort()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    for descriptor in 0...2 as ClosedRange<Int32> {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    // Pauses between pieces, of which three follow a broken one: else the stream is sent whole before we can hang up on a busy
    // machine, and passes for accepted.
    let words = [Self.program, "serve", "--port", String(port), "--stream-chunk-delay-ms", "100"]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var pid: pid_t = 0
    try #require(posix_spawn(&pid, Self.program, &actions, nil, &arguments, environ) == 0)
    for argument in arguments { free(argument) }
    posix_spawn_file_actions_destroy(&actions)
    self.pid = pid
    for _ in 0..<600 {
      if (try? await control("GET", "/_llmock/requests")) != nil { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw HTTPError(.connect, detail: "llmock did not start within a minute")
  }

  deinit {
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }

  private static func freePort() throws -> Int {
    try PlayServer { _, _ in
      (MockAnswer(.text(""), to: ModelRequest(model: "", messages: []), format: .chat, number: 0), .proper)
    }.port
  }

  @discardableResult
  func control(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> String {
    let request = HTTPRequest(
      method, "http://127.0.0.1:\(port)\(path)", headers: ["content-type": "application/json"],
      body: body.map { Array($0.description.utf8) })
    return String(decoding: try await transport.send(request).collect(), as: UTF8.self)
  }

  func provider(_ format: WireFormat) -> ModelProvider {
    ModelProvider(
      name: "llmock", format: format, baseURL: "http://127.0.0.1:\(port)" + (format == .chat ? "/v1" : "/anthropic"))
  }
}
