extension ModelSetup {
  /// What an environment makes callable: the presets whose key is set, with the models that one would choose there, and the servers
  /// of this machine to look for. Nothing is sent.
  ///
  /// Addresses come from here alone, as the vendors' programs have it: `ANTHROPIC_BASE_URL`, `OPENAI_BASE_URL`,
  /// `OLLAMA_HOST`. Behind another address than OpenAI's own there may be anybody, so that is asked for its models.
  /// Anthropic's programs also take `ANTHROPIC_AUTH_TOKEN`.
  public static func found(in environment: [String: String]) -> ModelSetup {
    var setup = ModelSetup()
    for preset in ModelProvider.presets { setup.take(preset, environment) }
    return setup
  }

  private mutating func take(_ preset: ModelProvider, _ environment: [String: String]) {
    func word(_ variable: String) -> String? {
      environment[variable].map(ASCIIText.trimmed).flatMap { $0.isEmpty ? nil : $0 }
    }
    var provider = preset
    var key = preset.keyVariable.flatMap(word)
    switch preset.name {
    case ModelProvider.anthropic.name:
      provider.baseURL = word("ANTHROPIC_BASE_URL") ?? preset.baseURL
      if key == nil, let token = word("ANTHROPIC_AUTH_TOKEN") {
        key = token
        provider.authorization = .bearer
        provider.keyVariable = "ANTHROPIC_AUTH_TOKEN"
      }
    case ModelProvider.openai.name:
      provider.baseURL = word("OPENAI_BASE_URL") ?? preset.baseURL
      if provider.baseURL != preset.baseURL { provider.quirks = ChatQuirks() }
    case ModelProvider.ollama.name:
      if let host = word("OLLAMA_HOST") { provider.baseURL = ModelSetup.ollamaURL(host) }
    default: break
    }
    keys[provider.name] = key
    if provider.isLocal {
      locals.append(provider)
    } else if key != nil {
      providers.append(provider)
      if provider.baseURL != preset.baseURL, provider.format == .chat {
        unlisted.append(provider)
      } else {
        router.models += ModelSetup.usualModels(of: provider, prices)
      }
    }
  }

  /// Ollama's own reading of its variable: the scheme and the port may be left out, and a server's "all addresses" is this
  /// machine's own for who asks it.
  private static func ollamaURL(_ host: String) -> String {
    var scheme: String?
    var rest = host[...]
    if let mark = host.firstRange(of: "://") {
      scheme = String(host[..<mark.lowerBound])
      rest = host[mark.upperBound...]
    }
    rest = rest.prefix { $0 != "/" }
    let isWholeAddress = rest.last == "]" || rest.filter { $0 == ":" }.count > 1 && rest.first != "["
    let colon = isWholeAddress ? nil : rest.lastIndex(of: ":")
    var name = colon.map { String(rest[..<$0]) } ?? String(rest)
    if name.isEmpty || name == "0.0.0.0" { name = "127.0.0.1" }
    let port = colon.map { String(rest[$0...].dropFirst()) } ?? (scheme == nil ? "11434" : "")
    return "\(scheme ?? "http")://\(name)" + (port.isEmpty ? "" : ":\(port)") + "/v1"
  }
}

extension ModelSetup {
  private struct Usual {
    let provider: String
    let name: String
    let tier: ModelTier
    var window: Int?

    init(_ provider: String, _ name: String, _ tier: ModelTier, _ window: Int? = nil) {
      self.provider = provider
      self.name = name
      self.tier = tier
      self.window = window
    }
  }

  /// The models to choose from at a provider where nobody says others, the preferred of each tier first. Names change: a
  /// configuration goes before this, as of `PriceTable.date`.
  public static func usualModels(of provider: ModelProvider, _ prices: PriceTable) -> [RoutedModel] {
    usual.filter { $0.provider == provider.name }.map { model in
      RoutedModel(
        name: ModelName(provider: provider.name, model: model.name), tier: model.tier,
        price: prices.price(of: model.name, provider: provider), window: model.window,
        seesImages: provider.name != ModelProvider.groq.name && provider.name != ModelProvider.nvidia.name)
    }
  }

  private static let usual: [Usual] = [
    Usual("anthropic", "claude-haiku-5-5", .fast, 1_000_000), Usual("anthropic", "claude-haiku-4-5", .fast, 200_000),
    Usual("anthropic", "claude-sonnet-5-5", .balanced, 1_000_000),
    Usual("anthropic", "claude-sonnet-4-6", .balanced, 1_000_000),
    Usual("anthropic", "claude-opus-5-5", .best, 1_000_000), Usual("anthropic", "claude-opus-5", .best, 1_000_000),
    Usual("anthropic", "claude-fable-5-1", .best, 1_000_000),
    Usual("openai", "gpt-5.6-luna", .fast), Usual("openai", "gpt-5-mini", .fast),
    Usual("openai", "gpt-5.6-terra", .balanced), Usual("openai", "gpt-5.6", .best),
    Usual("nvidia", "meta/llama-3.1-8b-instruct", .fast, 128_000),
    Usual("nvidia", "meta/llama-3.3-70b-instruct", .balanced, 128_000),
    Usual("nvidia", "nvidia/llama-3.1-nemotron-70b-instruct", .best, 128_000),
    Usual("openrouter", "anthropic/claude-haiku-5.5", .fast),
    Usual("openrouter", "openai/gpt-5.6-luna", .fast),
    Usual("openrouter", "anthropic/claude-sonnet-5.5", .balanced),
    Usual("openrouter", "anthropic/claude-opus-5.5", .best),
    Usual("groq", "llama-3.1-8b-instant", .fast, 131_072),
    Usual("groq", "llama-3.3-70b-versatile", .balanced, 131_072),
    Usual("groq", "openai/gpt-oss-120b", .best, 131_072),
  ]
}
