internal import Jobs

/// Variables that are settings.
enum EnvironmentSettings {
  /// Each variable and the setting that it sets. An empty variable is none.
  static let variables: [(name: String, path: SettingPath)] = [
    ("AGENTSCRIPT_MODEL", ["router", "model"]),
    ("AGENTSCRIPT_TIER", ["router", "tier"]),
    ("AGENTSCRIPT_BUDGET", ["budget", "cost"]),
    ("AGENTSCRIPT_MAX_TURNS", ["limits", "max_turns"]),
    ("AGENTSCRIPT_MAX_COST", ["limits", "max_cost"]),
    ("AGENTSCRIPT_MAX_CONCURRENT", ["max_concurrent"]),
    ("AGENTSCRIPT_ON_ASK", ["on_ask"]),
    // The names that the providers' own programs read.
    ("ANTHROPIC_BASE_URL", ["providers", "anthropic", "base_url"]),
    ("OPENAI_BASE_URL", ["providers", "openai", "base_url"]),
  ]

  static func entries(
    _ environment: [String: String]
  ) throws(SettingsError) -> [(origin: SettingOrigin, entry: SettingEntry)] {
    var entries: [(SettingOrigin, SettingEntry)] = []
    for (name, path) in variables {
      guard let text = environment[name], !text.isEmpty else { continue }
      entries.append((.environment(name), try SettingsReader.entry(path, text: text, in: name)))
    }
    let secrets = SecretName.listed(in: environment[SecretName.listing] ?? "")
    if !secrets.isEmpty {
      entries.append((.environment(SecretName.listing), SettingEntry(path: ["secrets"], value: .texts(secrets))))
    }
    return entries
  }
}
