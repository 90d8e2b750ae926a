/// What the tokens of a model cost.
public struct ModelPrice: Hashable, Sendable {
  /// One token of the prompt.
  public var input: Money
  /// One token of the answer, thinking included.
  public var output: Money
  /// One token of the prompt that comes from a cache.
  public var cacheRead: Money
  /// One token of the prompt that goes into a cache for minutes.
  public var cacheWrite: Money
  /// One token of the prompt that goes into a cache for an hour.
  public var cacheWriteLong: Money

  /// Prices in dollars for a million tokens. What is nil costs as the prompt does; a price that is no number is nothing.
  public init(
    input: Double, output: Double, cacheRead: Double? = nil, cacheWrite: Double? = nil, cacheWriteLong: Double? = nil
  ) {
    func token(_ million: Double) -> Money { Money(dollars: million / 1e6) ?? .zero }
    self.input = token(input)
    self.output = token(output)
    self.cacheRead = token(cacheRead ?? input)
    self.cacheWrite = token(cacheWrite ?? input)
    self.cacheWriteLong = token(cacheWriteLong ?? cacheWrite ?? input)
  }

  /// Prices of Anthropic's pattern: into the cache costs 1.25 and 2 times as much.
  static func anthropic(_ input: Double, _ output: Double, cacheRead: Double) -> ModelPrice {
    ModelPrice(
      input: input, output: output, cacheRead: cacheRead, cacheWrite: input * 1.25, cacheWriteLong: input * 2)
  }

  /// For models of one's own machine.
  public static let free = ModelPrice(input: 0, output: 0)

  /// What this usage costs.
  public func cost(of usage: TokenUsage) -> Money {
    input * usage.input + output * usage.output + cacheRead * usage.cacheRead + cacheWrite * usage.cacheWrite
      + cacheWriteLong * usage.cacheWriteLong
  }

  /// The most that a call can cost whose prompt and answer have at most so many tokens, whatever the cache does.
  public func mostFor(prompt: Int, answer: Int) -> Money {
    max(max(input, cacheRead), max(cacheWrite, cacheWriteLong)) * prompt + output * answer
  }

  /// The prices that a call can meet which asks for no more than this of a provider's cache: writing to one costs most of all.
  func withoutUnused(_ cache: CachePolicy) -> ModelPrice {
    var price = self
    if cache == .off { price.cacheWrite = input }
    if cache != .long { price.cacheWriteLong = price.cacheWrite }
    return price
  }

  /// One number to compare models by: a call of three tokens of prompt for each of the answer.
  var weight: Int64 { (input * 3 + output).picodollars }
}
