/// A server of tools that speaks the Model Context Protocol over its standard streams.
public struct MCPServerSpec: Sendable, Hashable {
  /// The name that its tools carry.
  public var name: String
  /// The program and its arguments.
  public var command: [String]
  /// Variables for it, on top of those that commands get.
  public var environment: [String: String]
  /// The folder that it runs in, absolute; nil for the run's.
  public var cwd: String?
  /// The tools that are taken, by its own names, with `*` for many; nil for all.
  public var tools: [String]?

  /// A server by its command.
  public init(
    name: String, command: [String], environment: [String: String] = [:], cwd: String? = nil, tools: [String]? = nil
  ) {
    self.name = name
    self.command = command
    self.environment = environment
    self.cwd = cwd
    self.tools = tools
  }
}

/// The two streams of a running server.
public struct MCPPipe: Sendable {
  /// Writes all of it. Throws when the server reads no more. Ends when the pipe is closed.
  public var write: @Sendable ([UInt8]) async throws -> Void
  /// The next bytes; nil at the end of the stream. It is called again only when the last call has returned.
  public var read: @Sendable () async throws -> [UInt8]?
  /// Ends the server; returns when it is gone. May be called more than once.
  public var close: @Sendable () async -> Void
  /// The last line that the server said beside the protocol; nil for none.
  public var lastWords: @Sendable () -> String?

  /// A pipe by its parts.
  public init(
    write: @escaping @Sendable ([UInt8]) async throws -> Void, read: @escaping @Sendable () async throws -> [UInt8]?,
    close: @escaping @Sendable () async -> Void, lastWords: @escaping @Sendable () -> String? = { nil }
  ) {
    self.write = write
    self.read = read
    self.close = close
    self.lastWords = lastWords
  }
}

/// How long and how much a client takes from a server.
public struct MCPLimits: Sendable, Hashable {
  /// How long a server may take from its start to its list of tools.
  public var start = Duration.seconds(30)
  /// How long the question for the newer protocol is left alone before the older handshake is tried too.
  public var probe = Duration.seconds(3)
  /// How long a call may take without a word of progress.
  public var call = Duration.seconds(120)
  /// How long a call may take at all.
  public var longestCall = Duration.seconds(1800)
  /// The most bytes of one message.
  public var messageBytes = 16 << 20
  /// The most bytes of text that a result keeps.
  public var resultBytes = 256 << 10
  /// The most tools that are taken from one server.
  public var tools = 512
  /// The most lines that are no message; then the server is ended.
  public var invalidLines = 1000
  /// How often a server is started again without a call that worked in between.
  public var restarts = 3

  /// The usual limits.
  public init() {}
}

/// Why a server did not do what it was asked for.
public struct MCPError: Error, Sendable, Hashable {
  /// What kind of failure it is.
  public enum Kind: Sendable, Hashable {
    /// The server could not be started, or speaks nothing that we know.
    case start
    /// The server has ended.
    case ended
    /// It took too long.
    case timedOut
    /// Nobody wants the answer any more.
    case cancelled
    /// It answered with an error of the protocol.
    case refused(code: Int)
    /// Its answer is no answer.
    case invalid
  }

  /// What kind of failure it is.
  public let kind: Kind
  /// What is wrong. Holds the server's words: escape it before a terminal sees it.
  public let sentence: String

  /// A failure.
  public init(_ kind: Kind, _ sentence: String) {
    self.kind = kind
    self.sentence = sentence
  }
}

extension MCPError: CustomStringConvertible {
  /// One sentence.
  public var description: String { sentence }
}
