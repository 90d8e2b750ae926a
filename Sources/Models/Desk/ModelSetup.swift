/// What can be called, and by which rules. It holds keys: no description of it shows them.
public struct ModelSetup: Sendable {
  /// The providers of the models in `router`, and those of which a task may name any model. Usable are those with a key and those
  /// that need none.
  public var providers: [ModelProvider]
  /// The keys, by provider.
  public var keys: [String: String]
  /// The models to choose from, and how.
  public var router: RouterConfiguration
  /// What models cost.
  public var prices: PriceTable
  /// How the gate before each provider behaves, by provider.
  public var gates: [String: GatePolicy]
  /// Set only on request: every call is answered by it then, and nothing leaves this process.
  public var mock: MockScript?
  /// Servers whose models nobody has listed. They are asked for them when the first task needs a model.
  public var unlisted: [ModelProvider]
  /// Servers of this machine that are looked for where nothing else can be used, or when a task names one of them.
  public var locals: [ModelProvider]
  /// How long an answer may take and how large it may be.
  public var limits: HTTPLimits

  /// A setup of these providers and models; without any nothing can be called.
  public init(
    providers: [ModelProvider] = [], keys: [String: String] = [:], models: [RoutedModel] = [],
    prices: PriceTable = PriceTable(), gates: [String: GatePolicy] = [:], mock: MockScript? = nil
  ) {
    self.providers = providers
    self.keys = keys
    router = RouterConfiguration(models: models)
    self.prices = prices
    self.gates = gates
    self.mock = mock
    unlisted = []
    locals = []
    limits = HTTPLimits()
  }

  /// The provider of that name.
  public func provider(_ name: String) -> ModelProvider? { providers.first { $0.name == name } }

  /// Whether a provider has the key that it needs.
  public func hasKey(for provider: ModelProvider) -> Bool {
    provider.isKeyOptional || keys[provider.name].map { !ASCIIText.isBlank($0) } ?? false
  }

  /// The names of the providers that can be called; all of them where the mock answers.
  public var usable: Set<String> {
    Set(providers.lazy.filter { mock != nil || hasKey(for: $0) }.map(\.name))
  }
}

extension ModelSetup: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The names of providers and models. No key, no header, no address.
  public var description: String {
    let models = router.models.map(\.name.description).joined(separator: ", ")
    let names = (providers + unlisted + locals).map(\.name).joined(separator: ", ")
    return "providers: \(names); models: \(models)" + (mock == nil ? "" : "; the mock answers")
  }

  /// The same.
  public var debugDescription: String { description }

  /// What `dump` shows: no key either.
  public var customMirror: Mirror { Mirror(self, children: ["setup": description]) }
}
