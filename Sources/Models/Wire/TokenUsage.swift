/// The tokens of one or more calls, counted so that each token is in one place: providers differ in whether the prompt's
/// count holds the cached ones (OpenAI) or not (Anthropic).
public struct TokenUsage: Hashable, Sendable {
  /// Tokens of the prompt that were neither read from a cache nor written to one.
  public var input: Int
  /// Tokens of the prompt that came from a cache.
  public var cacheRead: Int
  /// Tokens of the prompt that went into a cache for minutes.
  public var cacheWrite: Int
  /// Tokens of the prompt that went into a cache for an hour.
  public var cacheWriteLong: Int
  /// Tokens of the answer, thinking included.
  public var output: Int
  /// Those of them that were thinking, where the provider says so.
  public var reasoning: Int

  /// Counts as given; nothing by default.
  public init(
    input: Int = 0, output: Int = 0, cacheRead: Int = 0, cacheWrite: Int = 0, cacheWriteLong: Int = 0,
    reasoning: Int = 0
  ) {
    self.input = input
    self.output = output
    self.cacheRead = cacheRead
    self.cacheWrite = cacheWrite
    self.cacheWriteLong = cacheWriteLong
    self.reasoning = reasoning
  }

  /// All tokens of the prompt.
  public var prompt: Int { input + cacheRead + cacheWrite + cacheWriteLong }

  /// All tokens.
  public var total: Int { prompt + output }

  /// The counts of both.
  public static func + (left: TokenUsage, right: TokenUsage) -> TokenUsage {
    TokenUsage(
      input: left.input + right.input, output: left.output + right.output, cacheRead: left.cacheRead + right.cacheRead,
      cacheWrite: left.cacheWrite + right.cacheWrite, cacheWriteLong: left.cacheWriteLong + right.cacheWriteLong,
      reasoning: left.reasoning + right.reasoning)
  }

  /// Adds the counts of another.
  public static func += (left: inout TokenUsage, right: TokenUsage) { left = left + right }
}
