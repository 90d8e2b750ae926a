/// A model as configurations and scripts name it: `provider/model`, where the model's own name may have slashes in it.
public struct ModelName: Hashable, Sendable, CustomStringConvertible {
  /// The provider's name.
  public let provider: String
  /// The model's name at that provider.
  public let model: String

  /// A name by its parts.
  public init(provider: String, model: String) {
    self.provider = provider
    self.model = model
  }

  /// `provider/model`.
  public var description: String { provider + "/" + model }
}

/// A model that the router may choose.
public struct RoutedModel: Hashable, Sendable {
  /// Its name.
  public var name: ModelName
  /// What it is able to do.
  public var tier: ModelTier
  /// What it costs; nil if nobody knows.
  public var price: ModelPrice?
  /// How many tokens prompt and answer may have together; nil if nobody knows.
  public var window: Int?
  /// Whether it may be given tools.
  public var knowsTools: Bool
  /// Whether it may be given pictures.
  public var seesImages: Bool

  /// A model.
  public init(
    name: ModelName, tier: ModelTier, price: ModelPrice? = nil, window: Int? = nil, knowsTools: Bool = true,
    seesImages: Bool = true
  ) {
    self.name = name
    self.tier = tier
    self.price = price
    self.window = window
    self.knowsTools = knowsTools
    self.seesImages = seesImages
  }

  /// True if calls of this model may cost more than calls of the other. A price that nobody knows may.
  func isDearer(than other: RoutedModel) -> Bool {
    guard let price else { return other.price != nil || other.name != name }
    guard let otherPrice = other.price else { return price.weight > 0 }
    return price.weight > otherPrice.weight
  }
}
