/// In which order models of a tier are preferred.
public enum RouteStrategy: String, Hashable, Sendable, CaseIterable {
  /// As they stand in the configuration.
  case order
  /// The lowest price first.
  case cheapest
  /// The shortest time to the first word first.
  case fastest
  /// The fewest calls under way first.
  case leastBusy = "least-busy"
}

/// What an agent's definition says about models.
public struct AgentRoute: Hashable, Sendable {
  /// The model to take.
  public var model: String?
  /// Else the tier.
  public var tier: ModelTier?
  /// What follows when the model fails.
  public var fallbacks: [String]

  /// What an agent says.
  public init(model: String? = nil, tier: ModelTier? = nil, fallbacks: [String] = []) {
    self.model = model
    self.tier = tier
    self.fallbacks = fallbacks
  }
}

/// When a model is set aside.
public struct CoolDownRule: Hashable, Sendable {
  /// After so many failures in a row.
  public var failures = 3
  /// For this long; twice as long each further time.
  public var first = Duration.seconds(60)
  /// But no longer than this.
  public var longest = Duration.seconds(600)

  /// The usual rule.
  public init() {}
}

/// What the router may choose from, and by which rules.
public struct RouterConfiguration: Hashable, Sendable {
  /// The models, the preferred first.
  public var models: [RoutedModel] { didSet { index() } }
  /// Further words for models or tiers: `mini = "openai/gpt-5-mini"`, `smart = "best"`.
  public var aliases: [String: String] = [:]
  /// Tiers of kinds of work, on top of the built-in ones.
  public var kinds: [String: ModelTier] = [:]
  /// What agents say, by name.
  public var agents: [String: AgentRoute] = [:]
  /// The tier where nothing says another.
  public var usualTier = ModelTier.balanced
  /// How models of a tier are put in order.
  public var strategy = RouteStrategy.order
  /// What follows when a model fails; empty for the other models of its tier that are not dearer.
  public var fallbacks: [String] = []
  /// Whether work may move to the next tier up when all else has failed.
  public var escalates = false
  /// When a model is set aside.
  public var coolDown = CoolDownRule()

  private(set) var places: [ModelName: Int] = [:]
  private(set) var bareNames: [String: Int] = [:]
  private(set) var providers: Set<String> = []

  /// A choice of models.
  public init(models: [RoutedModel]) {
    self.models = models
    index()
  }

  private mutating func index() {
    places = [:]
    bareNames = [:]
    providers = []
    for (place, model) in models.enumerated() {
      if places[model.name] == nil { places[model.name] = place }
      if bareNames[model.name.model] == nil { bareNames[model.name.model] = place }
      providers.insert(model.name.provider)
    }
  }

  /// The model that a text names: `provider/model`, a model's own name, or an alias of either. Nil if it is not in the choice.
  func model(_ text: String) -> RoutedModel? {
    if let place = bareNames[text] { return models[place] }
    if let slash = text.firstIndex(of: "/") {
      let name = ModelName(provider: String(text[..<slash]), model: String(text[slash...].dropFirst()))
      if let place = places[name] { return models[place] }
    }
    guard let target = aliases[text], target != text else { return nil }
    return bareNames[target].map { models[$0] } ?? alias(target)
  }

  private func alias(_ target: String) -> RoutedModel? {
    guard let slash = target.firstIndex(of: "/") else { return nil }
    let name = ModelName(provider: String(target[..<slash]), model: String(target[slash...].dropFirst()))
    return places[name].map { models[$0] }
  }

  /// The tier that a word names.
  func tier(_ word: String) -> ModelTier? { ModelTier(word: word) ?? aliases[word].flatMap(ModelTier.init(word:)) }
}
