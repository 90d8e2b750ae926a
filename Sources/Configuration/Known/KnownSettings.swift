internal import Models

/// All settings there are. What is not here is an error.
enum KnownSettings {
  static let all: [KnownSetting] = [
    KnownSetting("providers", .named(.name, .record(provider)), .free),
    KnownSetting("models", .items(by: "name", model)),
    KnownSetting("router", .record(router)),
    KnownSetting("prices", .named(.any, .record(price(.never))), .never),
    KnownSetting("agents", .named(.name, .record(agent))),
    KnownSetting("permissions", .named(.pattern, .rules)),
    KnownSetting("on_ask", .choice(["deny", "park"]), .only("deny"), usual: .text("deny")),
    KnownSetting("mcp", .named(.name, .record(server))),
    KnownSetting("limits", .record(limits)),
    KnownSetting("budget", .record(budget)),
    KnownSetting("secrets", .texts(.variable), .more),
    KnownSetting("max_concurrent", .whole(1...100_000), .smaller, usual: .whole(10)),
    KnownSetting("max_per_agent", .named(.name, .whole(1...100_000)), .smaller),
  ]

  private static let count = 1...1_000_000_000

  private static let callLimits: [KnownSetting] = [
    KnownSetting("requests_per_minute", .whole(count), .smaller),
    KnownSetting("tokens_per_minute", .whole(count), .smaller),
    KnownSetting("concurrency", .whole(1...100_000), .smaller),
  ]

  private static let provider: [KnownSetting] = [
    KnownSetting("preset", .choice(ModelProvider.presets.map(\.name)), .free),
    KnownSetting("base_url", .text(.url), .free),
    KnownSetting("format", .choice(WireFormat.allCases.map(\.rawValue)), .free),
    KnownSetting("key_env", .text(.variable), .free),
    KnownSetting("headers", .pairs, .free),
    KnownSetting("limits", .record(callLimits), .smaller),
    KnownSetting("quota", .choice(["wait", "park"]), .free),
  ]

  private static let model: [KnownSetting] = [
    KnownSetting("name", .text(.model)),
    KnownSetting("tier", .choice(ModelTier.words)),
    KnownSetting("price", .record(price(.never)), .never),
    KnownSetting("window", .whole(1...1_000_000_000)),
    KnownSetting("tools", .flag),
    KnownSetting("images", .flag),
    KnownSetting("limits", .record(callLimits), .smaller),
  ]

  private static func price(_ narrowing: Narrowing) -> [KnownSetting] {
    ["input", "output", "cache_read", "cache_write", "cache_write_long"].map {
      KnownSetting($0, .number(0...1_000_000), narrowing)
    }
  }

  private static let router: [KnownSetting] = [
    KnownSetting("model", .text(.any), .free),
    KnownSetting("tier", .choice(ModelTier.words), .lesserTier, usual: .text("balanced")),
    KnownSetting("strategy", .choice(RouteStrategy.allCases.map(\.rawValue)), .free, usual: .text("order")),
    KnownSetting("fallbacks", .texts(.any)),
    KnownSetting("escalate", .flag, .off, usual: .flag(false)),
    KnownSetting("aliases", .named(.any, .text(.any))),
    KnownSetting("kinds", .named(.any, .choice(ModelTier.words)), .lesserTier),
    KnownSetting(
      "cool_down",
      .record([
        KnownSetting("failures", .whole(1...1_000_000), .free, usual: .whole(3)),
        KnownSetting("first", .duration, .free, usual: .duration(.seconds(60), "60s")),
        KnownSetting("longest", .duration, .free, usual: .duration(.seconds(600), "10m")),
      ])),
  ]

  private static let agent: [KnownSetting] = [
    KnownSetting("description", .text(.any)),
    KnownSetting("system", .text(.any)),
    KnownSetting("model", .text(.any)),
    KnownSetting("tier", .choice(ModelTier.words)),
    KnownSetting("fallbacks", .texts(.any)),
    KnownSetting("tools", .texts(.pattern)),
    KnownSetting("disallowed_tools", .texts(.pattern)),
    KnownSetting("workdir", .text(.any)),
    KnownSetting("memory", .text(.any)),
    KnownSetting("max_turns", .whole(1...1_000_000)),
    KnownSetting("permission_mode", .choice(["default", "acceptEdits", "plan", "bypass", "dontAsk"])),
  ]

  private static let server: [KnownSetting] = [
    KnownSetting("command", .texts(.any)),
    KnownSetting("env", .pairs),
    KnownSetting("cwd", .text(.any)),
    KnownSetting("tools", .texts(.pattern)),
  ]

  private static let limits: [KnownSetting] = [
    KnownSetting("max_turns", .whole(1...1_000_000), .smaller, usual: .whole(50)),
    KnownSetting("max_tokens", .whole(count), .smaller),
    KnownSetting("max_cost", .number(0...1_000_000), .smaller),
    KnownSetting("timeout", .duration, .smaller, usual: .duration(.seconds(1800), "30m")),
  ]

  private static let budget: [KnownSetting] = [
    KnownSetting("cost", .number(0...1_000_000), .smaller),
    KnownSetting("tokens", .whole(count), .smaller),
  ]

  /// The setting that a path leads to, through names of one's own too; nil if there is none.
  static func at(_ path: SettingPath) -> KnownSetting? {
    guard let first = path.first, let setting = all.first(where: { $0.name == first }) else { return nil }
    return within(setting, path.dropFirst())
  }

  private static func within(_ setting: KnownSetting, _ rest: ArraySlice<String>) -> KnownSetting? {
    guard let name = rest.first else { return setting }
    switch setting.shape {
    case .record(let fields):
      return fields.first { $0.name == name }.flatMap { within($0, rest.dropFirst()) }
    case .named(_, let shape):
      return within(KnownSetting(setting.name, shape, setting.narrowing), rest.dropFirst())
    case .items(_, let fields):
      return within(KnownSetting(setting.name, .record(fields), setting.narrowing), rest.dropFirst())
    case .pairs, .rules: return rest.count == 1 ? setting : nil
    default: return nil
    }
  }
}
