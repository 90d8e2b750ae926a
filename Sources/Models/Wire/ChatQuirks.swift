/// In what the servers that speak Chat Completions differ.
public struct ChatQuirks: Hashable, Sendable {
  /// The field that limits the answer.
  public enum LimitField: String, Hashable, Sendable {
    /// The old one, which OpenAI's newer models refuse.
    case maxTokens = "max_tokens"
    /// The new one, which many servers do not know.
    case maxCompletionTokens = "max_completion_tokens"
  }

  /// How the form of an answer is asked for.
  public enum SchemaForm: Hashable, Sendable {
    /// `response_format` with the schema.
    case schema
    /// `response_format` asks for some JSON; the schema is told in the system prompt.
    case object
    /// The schema is told in the system prompt alone.
    case prompt
  }

  /// The field that limits the answer.
  public var limitField: LimitField
  /// Whether `stream_options.include_usage` may be sent.
  public var asksForUsage: Bool
  /// How the form of an answer is asked for.
  public var schemaForm: SchemaForm
  /// Whether `parallel_tool_calls` may be sent.
  public var knowsParallelCalls: Bool
  /// The field that thoughts go back in; nil leaves them out.
  public var thoughtField: String?
  /// Whether blocks may carry `cache_control`, for the models behind it that know it.
  public var knowsCacheControl: Bool
  /// The most texts that may end an answer; further ones are left out.
  public var maxStops: Int

  /// What most servers take.
  public init(
    limitField: LimitField = .maxTokens, asksForUsage: Bool = true, schemaForm: SchemaForm = .schema,
    knowsParallelCalls: Bool = true, thoughtField: String? = nil, knowsCacheControl: Bool = false, maxStops: Int = 4
  ) {
    self.limitField = limitField
    self.asksForUsage = asksForUsage
    self.schemaForm = schemaForm
    self.knowsParallelCalls = knowsParallelCalls
    self.thoughtField = thoughtField
    self.knowsCacheControl = knowsCacheControl
    self.maxStops = maxStops
  }
}
