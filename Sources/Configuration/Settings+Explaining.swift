internal import Models

/// A setting as people see it.
public struct SettingReport: Sendable, Hashable {
  /// The path: `router.tier`, `prices["gpt-5.6"].input`.
  public var key: String
  /// The value as Lua would write it. Values that may authorize (headers, variables of MCP servers) are not told.
  public var value: String
  /// Where it comes from.
  public var origin: String
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
        let origin = merge.values[path + [name]]?.origin ?? .builtIn
        return SettingReport(key: (path + [name]).shown, value: "(set)", origin: origin.description)
      }
    default:
      if let known = merge.values[path] {
        return [SettingReport(key: path.shown, value: known.value.shown, origin: known.origin.description)]
      }
      guard let usual = setting.usual else { return [] }
      return [SettingReport(key: path.shown, value: usual.shown, origin: SettingOrigin.builtIn.description)]
    }
  }

  private var ruleReports: [SettingReport] {
    permissions.flatMap { layer in
      layer.rules.map { rule in
        SettingReport(
          key: ["permissions", rule.tool, rule.pattern].shown, value: LuaLiteral.quoted(rule.answer.rawValue),
          origin: layer.origin.description)
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
        reports.append(
          SettingReport(
            key: ["providers", name, "base_url"].shown, value: LuaLiteral.quoted(provider.baseURL),
            origin: SettingOrigin.builtIn.description))
      }
      if let key = keyReport(name) { reports.append(key) }
      return reports
    }
  }

  private func keyReport(_ name: String) -> SettingReport? {
    let key = ["providers", name, "key"].shown
    switch keys[name] {
    case .given(let variable):
      return SettingReport(key: key, value: "(set)", origin: SettingOrigin.environment(variable).description)
    case .unset(let variable):
      return SettingReport(key: key, value: "(not set)", origin: SettingOrigin.environment(variable).description)
    case .withheld(let variable, let host):
      return SettingReport(
        key: key, value: "(withheld: not for \(host?.description ?? "that host"))",
        origin: SettingOrigin.environment(variable).description)
    case .some(.none), nil: return nil
    }
  }
}
