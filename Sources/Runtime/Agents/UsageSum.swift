import Jobs
internal import Models

/// What the models of a job have taken, as its record has it.
struct UsageSum: Sendable, Hashable {
  private(set) var jobUsage: JobUsage?

  /// What was taken in earlier attempts.
  init(_ before: JobUsage?) { jobUsage = before }

  /// Adds a call; `cost` is nil where nobody knows the price.
  mutating func add(_ usage: TokenUsage, _ cost: Money?, _ model: ModelName) {
    var sum = jobUsage ?? JobUsage()
    sum.addCall(
      model: model.description, inputTokens: usage.input, outputTokens: usage.output, cacheReadTokens: usage.cacheRead,
      cacheWriteTokens: usage.cacheWrite + usage.cacheWriteLong, cost: cost?.dollars)
    jobUsage = sum
  }
}
