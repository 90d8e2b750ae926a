internal import Agents
internal import Models
internal import WireText

/// A setting as people see it.
public struct SettingReport: Sendable, Hashable {
  /// The path: `router.tier`, `prices["gpt-5.6"].input`.
  public var key: String
  /// The value as Lua would write it. Values that may authorize (headers, variables of MCP servers) are not told.
  public var value: String
  /// The value as JSON; null for what is not told or not set.
  public var json: String
  /// Where it comes from.
  public var origin: String

  init(_ key: SettingPath, _ value: SettingValue, _ origin: SettingOrigin) {
    self.key = key.shown
    self.value = value.shown
    json = value.json.description
    self.origin = origin.description
  }

  init(_ key: SettingPath, hidden: String, _ origin: SettingOrigin) {
    self.key = key.shown
    value = hidden
    json = "null"
    self.origin = origin.description
  }
}

extension Settings {
  /// All settings that hold, in the order of the manual: those that somebody has set, and the built-in ones. Keys are told by the
  /// name of their variable.
  public func explain() -> [SettingReport] {
    KnownSettings.all.flatMap { setting in
      switch setting.name {
      case "providers": providerReports
      case "permissions": ruleReports
      default: reports([setting.name], setting)
      }
    }
  }

  /// The names of settings, for messages about one that is not known.
  public static var knownKeys: [String] { KnownSettings.all.flatMap { keys($0, []) } }

  private static func keys(_ setting: KnownSetting, _ path: SettingPath) -> [String] {
    let path = path + [setting.name]
    if case .record(let fields) = setting.shape { return fields.flatMap { keys($0, path) } }
    return [path.shown]
  }

  private func reports(_ path: SettingPath, _ setting: KnownSetting) -> [SettingReport] {
    switch setting.shape {
    case .record(let fields): return fields.flatMap { reports(path + [$0.name], $0) }
    case .named(_, let shape):
      return merge.names(below: path).flatMap { name in
        reports(path + [name], KnownSetting(name, shape, setting.narrowing))
      }
    case .items(_, let fields):
      return merge.names(below: path).flatMap { name in
        reports(path + [name], KnownSetting(name, .record(fields), setting.narrowing))
      }
    case .pairs:
      return merge.names(below: path).map { name in
        SettingReport(path + [name], hidden: "(set)", merge.values[path + [name]]?.origin ?? .builtIn)
      }
    default:
      if let known = merge.values[path] {
        return [SettingReport(path, known.value, known.origin)]
      }
      guard let usual = setting.usual else { return [] }
      return [SettingReport(path, usual, .builtIn)]
    }
  }

  private var ruleReports: [SettingReport] {
    zip(merge.rules, permissions).flatMap { source, layer in
      layer.rules.map { rule in
        SettingReport(["permissions", rule.tool, rule.pattern ?? "*"], .text(rule.verdict.rawValue), source.origin)
      }
    }
  }

  private var providerReports: [SettingReport] {
    let settings = KnownSettings.all[0]
    var names = merge.names(below: ["providers"])
    for provider in models.providers where !names.contains(provider.name) { names.append(provider.name) }
    return names.flatMap { name in
      var reports: [SettingReport] = []
      if case .named(_, let shape) = settings.shape {
        reports = self.reports(["providers", name], KnownSetting(name, shape, settings.narrowing))
      }
      if let provider = models.provider(name), merge.values[["providers", name, "base_url"]] == nil {
        let origin = environmentOfAddress(name)
        reports.append(SettingReport(["providers", name, "base_url"], .text(provider.baseURL), origin))
      }
      if let key = keyReport(name) { reports.append(key) }
      return reports
    }
  }

  /// Addresses that the environment gives without being a setting here.
  private func environmentOfAddress(_ name: String) -> SettingOrigin {
    name == ModelProvider.ollama.name && models.provider(name)?.baseURL != ModelProvider.ollama.baseURL
      ? .environment("OLLAMA_HOST") : .builtIn
  }

  private func keyReport(_ name: String) -> SettingReport? {
    let key = ["providers", name, "key"]
    switch keys[name] {
    case .given(let variable): return SettingReport(key, hidden: "(set)", .environment(variable))
    case .unset(let variable): return SettingReport(key, hidden: "(not set)", .environment(variable))
    case .withheld(let variable, let host):
      let place = host?.description ?? "that host"
      return SettingReport(key, hidden: "(withheld: not for \(place))", .environment(variable))
    case .some(.none), nil: return nil
    }
  }
}

extension SettingValue {
  var json: JSONValue {
    switch self {
    case .flag(let flag): .bool(flag)
    case .whole(let number): .integer(Int64(number))
    case .number(let number): .double(number)
    case .duration(_, let text), .text(let text): .string(text)
    case .texts(let texts): .array(texts.map { .string($0) })
    }
  }
}
