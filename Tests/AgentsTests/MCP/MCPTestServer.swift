import Agents
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Servers for tests, each a real process behind a pipe of threads.
enum MCPTestServer {
  private static let folder = String(#filePath.dropLast("MCPTestServer.swift".count))
  private static let repository = String(folder.dropLast("Tests/AgentsTests/MCP/".count))

  /// A Python with this version of the official SDK; nil if it is not installed.
  static func python(sdk version: String) -> String? {
    let path = repository + "/.cache/mcp-\(version)/bin/python"
    return access(path, X_OK) == 0 ? path : nil
  }

  /// The server that misbehaves.
  static func hostile(_ era: String, _ misdeeds: String...) -> MCPServerSpec {
    MCPServerSpec(name: "hostile", command: ["python3", folder + "hostile.py", era] + misdeeds)
  }

  /// The server of the official SDK, old and new.
  static func official(_ python: String) -> MCPServerSpec {
    MCPServerSpec(name: "demo", command: [python, folder + "official.py"])
  }

  /// Starts a server, without any care for its environment.
  static func open(_ server: MCPServerSpec) async throws -> MCPPipe { try MCPTestProcess(server).streams }
}

private final class MCPTestProcess: Sendable {
  struct Failure: Error { let number: Int32 }

  private let pid: pid_t
  private let input: Int32
  private let output: Int32
  private let error: Int32
  private let isClosed = Mutex(false)
  private let words = Mutex([UInt8]())

  init(_ server: MCPServerSpec) throws {
    var ends: [[Int32]] = []
    for _ in 0..<3 {
      var pair: [Int32] = [-1, -1]
      guard pipe(&pair) == 0 else { throw Failure(number: errno) }
      for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      ends.append(pair)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    for (number, end) in [ends[0][0], ends[1][1], ends[2][1]].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, end, Int32(number))
    }
    var arguments: [UnsafeMutablePointer<CChar>?] = server.command.map { strdup($0) }
    arguments.append(nil)
    var pid: pid_t = 0
    let number = posix_spawnp(&pid, server.command[0], &actions, nil, arguments, environ)
    posix_spawn_file_actions_destroy(&actions)
    for argument in arguments { free(argument) }
    for end in [ends[0][0], ends[1][1], ends[2][1]] { close(end) }
    guard number == 0 else { throw Failure(number: number) }
    self.pid = pid
    input = ends[0][1]
    output = ends[1][0]
    error = ends[2][0]
  }

  var streams: MCPPipe {
    MCPPipe(
      write: { bytes in
        try await self.blocking {
          var rest = bytes[...]
          while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(self.input, $0.baseAddress!, $0.count) }
            guard count > 0 else { throw Failure(number: errno) }
            rest = rest.dropFirst(count)
          }
        }
      },
      read: {
        try await self.blocking {
          var bytes = [UInt8](repeating: 0, count: 64 << 10)
          let count = read(self.output, &bytes, bytes.count)
          return count > 0 ? Array(bytes.prefix(count)) : nil
        }
      },
      close: {
        guard
          self.isClosed.withLock({ isClosed in
            defer { isClosed = true }; return !isClosed
          })
        else { return }
        _ = try? await self.blocking {
          // Threads of the pool block signals, and the child has that from them.
          kill(self.pid, SIGKILL)
          close(self.input)
          var bytes = [UInt8](repeating: 0, count: 4096)
          while case let count = read(self.error, &bytes, bytes.count), count > 0 {
            self.words.withLock { $0 += bytes.prefix(count) }
          }
          var status: Int32 = 0
          waitpid(self.pid, &status, 0)
        }
      },
      lastWords: {
        self.words.withLock { $0.split(separator: 0x0A).last.map { String(decoding: $0, as: UTF8.self) } }
      })
  }

  /// On a thread of its own, as the calls wait.
  private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let box = Box { continuation.resume(with: Result { try body() }) }
      var thread = pthread_t()
      let failure = pthread_create(
        &thread, nil,
        { context in
          Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
          return nil
        }, Unmanaged.passRetained(box).toOpaque())
      precondition(failure == 0)
      pthread_detach(thread)
    }
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// What was told, in order.
final class Told: Sendable {
  private let all = Mutex([String]())
  var tell: @Sendable (String) -> Void { { sentence in self.all.withLock { $0.append(sentence) } } }
  var sentences: [String] { all.withLock { $0 } }
}
