public import Models

/// Limits of one model task.
public struct TaskLimits: Sendable, Hashable {
  /// Turns.
  public var maxTurns: Int
  /// Tokens; nil for no limit.
  public var maxTokens: Int?
  /// Money; nil for no limit.
  public var maxCost: Money?
  /// The time of one task.
  public var timeout: Duration

  /// Limits by their parts; without words the built-in ones.
  public init(
    maxTurns: Int = 50, maxTokens: Int? = nil, maxCost: Money? = nil, timeout: Duration = .seconds(1800)
  ) {
    self.maxTurns = maxTurns
    self.maxTokens = maxTokens
    self.maxCost = maxCost
    self.timeout = timeout
  }
}
