import WireText

/// For what a job waits that has begun: outside of it something has to happen first.
public struct WaitCause: Codable, Sendable, Hashable {
  /// A word for the kind of thing: `rate_limited`, `overloaded`, `queue`, `budget`, `quota`, `backoff`, `person`.
  public var reason: String
  /// One sentence for people.
  public var text: String
  /// When it is over, as far as that is known.
  public var until: Timestamp?

  /// A wait.
  public init(reason: String, text: String, until: Timestamp? = nil) {
    self.reason = reason
    self.text = text
    self.until = until
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.field("reason", reason)
      writer.field("text", text)
      writer.field("until", until)
    }
  }
}
