/// What is known of a piece of work when its model is chosen.
public struct RouteQuery: Hashable, Sendable {
  /// The model that the task names: a model, an alias, or the word for a tier. It wins.
  public var model: String?
  /// The tier that the task names.
  public var tier: String?
  /// The agent that does the work.
  public var agent: String?
  /// The kind of work.
  public var kind: String?
  /// What is asked; looked at only where nothing above says a tier.
  public var prompt: String
  /// What follows when the model fails, in the task's own words.
  public var fallbacks: [String]
  /// Whether tools are given.
  public var needsTools: Bool
  /// Whether pictures are given.
  public var needsImages: Bool
  /// Tokens of prompt and answer, as far as known.
  public var tokens: Int

  /// A query that says nothing but what is asked.
  public init(
    model: String? = nil, tier: String? = nil, agent: String? = nil, kind: String? = nil, prompt: String = "",
    fallbacks: [String] = [], needsTools: Bool = false, needsImages: Bool = false, tokens: Int = 0
  ) {
    self.model = model
    self.tier = tier
    self.agent = agent
    self.kind = kind
    self.prompt = prompt
    self.fallbacks = fallbacks
    self.needsTools = needsTools
    self.needsImages = needsImages
    self.tokens = tokens
  }
}
