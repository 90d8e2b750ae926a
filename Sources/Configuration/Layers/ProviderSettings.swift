internal import Models

/// Providers as layers of settings describe them. Pure.
enum ProviderSettings {
  /// Why one cannot be made.
  struct Refusal: Error, Hashable {
    let sentence: String
  }

  /// The provider of that name; `found` is what the environment alone gives, where it gives one.
  static func provider(
    _ name: String, in merge: SettingsMerge, found: ModelProvider? = nil
  ) throws(Refusal) -> ModelProvider {
    func text(_ key: String) -> String? { merge.value(["providers", name, key])?.text }
    var provider = text("preset").flatMap(ModelProvider.preset) ?? found ?? ModelProvider.preset(name)
    if provider == nil {
      guard let url = text("base_url") else {
        let names = ModelProvider.presets.map(\.name).joined(separator: ", ")
        throw Refusal(sentence: "providers.\(name) needs a base_url, or a preset (\(names))")
      }
      provider = ModelProvider(name: name, baseURL: url)
      provider?.isKeyOptional = text("key_env") == nil
    }
    guard var provider else { throw Refusal(sentence: "providers.\(name) cannot be made") }
    provider.name = name
    if let url = text("base_url") { provider.baseURL = url }
    if let format = text("format").flatMap(WireFormat.init(rawValue:)), format != provider.format {
      provider.format = format
      provider.authorization = format == .anthropic ? .apiKey : .bearer
    }
    if let variable = text("key_env") { provider.keyVariable = variable }
    for header in merge.names(below: ["providers", name, "headers"]) {
      provider.extraHeaders[header] = merge.value(["providers", name, "headers", header])?.text
    }
    // A server elsewhere may cost what it likes, and is not looked for.
    if HTTPOrigin(of: provider.baseURL)?.isLoopback != true { provider.isLocal = false }
    return provider
  }

  /// How its gate behaves; nil where nothing is said.
  static func gate(_ name: String, in merge: SettingsMerge) -> GatePolicy? {
    var policy = GatePolicy()
    policy.limits = limits(["providers", name, "limits"], in: merge)
    if let rule = merge.value(["providers", name, "quota"])?.text.flatMap(GatePolicy.QuotaRule.init(rawValue:)) {
      policy.quota = rule
    }
    for model in merge.names(below: ["models"]) where model.hasPrefix(name + "/") {
      let limits = limits(["models", model, "limits"], in: merge)
      if limits != GateLimits() { policy.models[String(model.dropFirst(name.utf8.count + 1))] = limits }
    }
    return policy == GatePolicy() ? nil : policy
  }

  private static func limits(_ path: SettingPath, in merge: SettingsMerge) -> GateLimits {
    func limit(_ name: String) -> Int? { merge.value(path + [name])?.whole }
    return GateLimits(
      requestsPerMinute: limit("requests_per_minute"), tokensPerMinute: limit("tokens_per_minute"),
      concurrency: limit("concurrency"))
  }
}
