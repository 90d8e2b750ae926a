extension ModelSetup {
  /// A model that nobody has listed, by its name: `provider/model`, or one whose name says whose it is. Nil if its provider cannot
  /// be called.
  func unlistedModel(_ word: String) -> RoutedModel? {
    if word == ModelProvider.mock.name { return ModelDesk.mockModel(word, .balanced) }
    var name = ModelName(provider: "", model: word)
    if let slash = word.firstIndex(of: "/") {
      name = ModelName(provider: String(word[..<slash]), model: String(word[slash...].dropFirst()))
    }
    if provider(name.provider) == nil, let maker = ModelSetup.makers.first(where: { word.hasPrefix($0.prefix) }) {
      name = ModelName(provider: maker.provider, model: word)
    }
    guard let provider = provider(name.provider), usable.contains(name.provider), !name.model.isEmpty else {
      return nil
    }
    if provider.name == ModelProvider.mock.name { return ModelDesk.mockModel(name.model, .balanced) }
    return RoutedModel(
      name: name, tier: FoundModels.tier(of: name.model), price: prices.price(of: name.model, provider: provider))
  }

  private static let makers = [
    (prefix: "claude-", provider: "anthropic"), (prefix: "gpt-", provider: "openai"),
  ]

  /// Takes in what a server has answered; `models` is nil if it did not: then it is asked again another time.
  mutating func add(_ provider: ModelProvider, models: [RoutedModel]?) {
    guard let models, (unlisted + locals).contains(where: { $0.name == provider.name }) else { return }
    unlisted.removeAll { $0.name == provider.name }
    locals.removeAll { $0.name == provider.name }
    if self.provider(provider.name) == nil { providers.append(provider) }
    router.models += models
  }
}
