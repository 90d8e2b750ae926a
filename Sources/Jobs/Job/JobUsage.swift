import WireText

/// What models took to do a job: its own calls, not those of jobs that it submitted.
public struct JobUsage: Codable, Sendable, Hashable {
  /// Tokens read that neither came from a cache nor went into one.
  public var inputTokens: Int
  /// Tokens written, thinking included.
  public var outputTokens: Int
  /// Tokens read from the provider's cache, not among `inputTokens`.
  public var cacheReadTokens: Int
  /// Tokens read that went into the provider's cache, not among `inputTokens`.
  public var cacheWriteTokens: Int
  /// How many calls took something, those that failed included.
  public var calls: Int
  /// Those among them whose price nobody knows: `cost` lacks them.
  public var unpricedCalls: Int
  /// What it cost, in US dollars; nil where no price is known.
  public var cost: Double?
  /// The parts of the models, by `provider/model`; empty where that is not known, and in a part.
  public private(set) var models: [String: JobUsage] = [:]

  /// Counts as given.
  public init(
    inputTokens: Int, outputTokens: Int, cacheReadTokens: Int = 0, cacheWriteTokens: Int = 0, calls: Int = 0,
    unpricedCalls: Int = 0, cost: Double? = nil
  ) {
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.cacheReadTokens = cacheReadTokens
    self.cacheWriteTokens = cacheWriteTokens
    self.calls = calls
    self.unpricedCalls = unpricedCalls
    self.cost = cost
  }

  /// Nothing yet.
  public init() { self.init(inputTokens: 0, outputTokens: 0) }

  /// All tokens.
  public var totalTokens: Int { inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens }

  /// Adds a call of a model. `cost` is nil where nobody knows its price.
  public mutating func addCall(
    model: String, inputTokens: Int, outputTokens: Int, cacheReadTokens: Int, cacheWriteTokens: Int, cost: Double?
  ) {
    let call = JobUsage(
      inputTokens: inputTokens, outputTokens: outputTokens, cacheReadTokens: cacheReadTokens,
      cacheWriteTokens: cacheWriteTokens, calls: 1, unpricedCalls: cost == nil ? 1 : 0, cost: cost)
    combine(call, JobUsage.sum)
    models[model, default: JobUsage()].combine(call, JobUsage.sum)
  }

  /// Adds what others took, model by model.
  public mutating func add(_ other: JobUsage) {
    combine(other, JobUsage.sum)
    for (model, part) in other.models { models[model, default: JobUsage()].combine(part, JobUsage.sum) }
  }

  /// What came on top of an earlier count of the same job; nil for nothing.
  func since(_ earlier: JobUsage?) -> JobUsage? {
    guard let earlier else { return self }
    guard self != earlier else { return nil }
    var rest = self
    rest.combine(earlier, JobUsage.difference)
    rest.models = [:]
    for (model, part) in models {
      var part = part
      if let before = earlier.models[model] {
        guard before != part else { continue }
        part.combine(before, JobUsage.difference)
      }
      rest.models[model] = part
    }
    return rest
  }

  private mutating func combine(_ other: JobUsage, _ operation: (Int, Int) -> Int) {
    inputTokens = operation(inputTokens, other.inputTokens)
    outputTokens = operation(outputTokens, other.outputTokens)
    cacheReadTokens = operation(cacheReadTokens, other.cacheReadTokens)
    cacheWriteTokens = operation(cacheWriteTokens, other.cacheWriteTokens)
    calls = operation(calls, other.calls)
    unpricedCalls = operation(unpricedCalls, other.unpricedCalls)
    guard let added = other.cost else { return }
    cost = Double(operation(JobUsage.picodollars(cost ?? 0), JobUsage.picodollars(added))) / 1e12
  }

  private static func sum(_ left: Int, _ right: Int) -> Int {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }

  private static func difference(_ left: Int, _ right: Int) -> Int { sum(left, right == .min ? .max : -right) }

  /// Sums of money have to come out the same in any order, which fractions do not.
  private static func picodollars(_ cost: Double) -> Int { Int(min(max((cost * 1e12).rounded(), -9e18), 9e18)) }

  enum CodingKeys: String, CodingKey {
    case cost, calls, models
    case inputTokens = "input_tokens"
    case outputTokens = "output_tokens"
    case cacheReadTokens = "cache_read_tokens"
    case cacheWriteTokens = "cache_write_tokens"
    case unpricedCalls = "unpriced_calls"
  }

  /// Counts that an earlier version did not have are zero.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    func count(_ key: CodingKeys) throws -> Int { try fields.decodeIfPresent(Int.self, forKey: key) ?? 0 }
    self.init(
      inputTokens: try count(.inputTokens), outputTokens: try count(.outputTokens),
      cacheReadTokens: try count(.cacheReadTokens), cacheWriteTokens: try count(.cacheWriteTokens),
      calls: try count(.calls), unpricedCalls: try count(.unpricedCalls),
      cost: try fields.decodeIfPresent(Double.self, forKey: .cost))
    models = try fields.decodeIfPresent([String: JobUsage].self, forKey: .models) ?? [:]
  }

  /// The usage as a JSON object.
  public func json(pretty: Bool = false) -> String {
    var writer = JSONWriter(isPretty: pretty)
    write(to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.field("input_tokens", inputTokens)
      writer.field("output_tokens", outputTokens)
      writer.field("cache_read_tokens", cacheReadTokens)
      writer.field("cache_write_tokens", cacheWriteTokens)
      writer.field("calls", calls)
      if unpricedCalls > 0 { writer.field("unpriced_calls", unpricedCalls) }
      writer.field("cost", cost)
      guard !models.isEmpty else { return }
      writer.key("models")
      writer.object { writer in
        for (model, part) in models.sorted(by: { $0.key < $1.key }) {
          writer.key(model)
          part.write(to: &writer)
        }
      }
    }
  }
}
