/// One event of a stream of server-sent events (WHATWG HTML, section 9.2).
public struct ServerSentEvent: Hashable, Sendable {
  /// The event's type; empty stands for `message`.
  public var name: [UInt8]
  /// The data lines, joined by line feeds, as bytes.
  public var data: [UInt8]
  /// What the stream's last `id` line said so far.
  public var lastID: [UInt8]

  /// An event of these parts.
  public init(name: [UInt8] = [], data: [UInt8], lastID: [UInt8] = []) {
    self.name = name
    self.data = data
    self.lastID = lastID
  }
}

/// Why a stream of events cannot be read on.
public enum ServerSentEventError: Error, Hashable, Sendable {
  /// A line is longer than the decoder takes.
  case lineTooLong(limit: Int)
  /// The data lines of one event are longer than the decoder takes.
  case eventTooLong(limit: Int)
}

extension ServerSentEventError: CustomStringConvertible {
  /// One sentence without its full stop.
  public var description: String {
    switch self {
    case .lineTooLong(let limit): "a line of the event stream is longer than \(limit) bytes"
    case .eventTooLong(let limit): "an event of the stream is longer than \(limit) bytes"
    }
  }
}
