public import WireText

/// What the `mock` provider is to answer to one request: for dry runs, offline demos and tests. It is never chosen unless it is
/// named.
public struct MockReply: Hashable, Sendable {
  /// A piece of the answer.
  public enum Step: Hashable, Sendable {
    /// Words, sent in pieces of a few.
    case text(String)
    /// A thought.
    case thinking(String)
    /// A call of a tool.
    case toolCall(name: String, arguments: JSONObject)
    /// Nothing for a while.
    case pause(Duration)
    /// An error inside the stream; nothing follows.
    case error(type: String, message: String)
    /// The stream ends here, without its closing event; nothing follows.
    case cut
  }

  /// An answer that is no success: its status, headers and the words of its error. The steps do not count then.
  public struct Failure: Hashable, Sendable {
    /// The HTTP status.
    public var status: Int
    /// The error's type, as the provider would name it.
    public var type: String
    /// What it says.
    public var message: String
    /// The value of `retry-after-ms`.
    public var retryAfter: Duration?

    /// A failure.
    public init(status: Int, type: String, message: String = "", retryAfter: Duration? = nil) {
      self.status = status
      self.type = type
      self.message = message
      self.retryAfter = retryAfter
    }
  }

  /// The pieces, in order.
  public var steps: [Step]
  /// What is answered instead.
  public var failure: Failure?
  /// What it took.
  public var usage: TokenUsage
  /// Why it ends; nil for what the steps ask for.
  public var stopReason: StopReason?

  /// An answer of these pieces.
  public init(
    _ steps: [Step], usage: TokenUsage = TokenUsage(input: 10, output: 10), stopReason: StopReason? = nil,
    failure: Failure? = nil
  ) {
    self.steps = steps
    self.usage = usage
    self.stopReason = stopReason
    self.failure = failure
  }

  /// An answer of words.
  public static func text(_ text: String) -> MockReply { MockReply([.text(text)]) }

  /// An answer that is no success.
  public static func failure(_ failure: Failure) -> MockReply { MockReply([], failure: failure) }
}
