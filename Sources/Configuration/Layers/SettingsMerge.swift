internal import Models

/// Puts layers on top of each other, and keeps a project from widening what the user allows. Pure.
struct SettingsMerge {
  /// A value, and who said so.
  struct Known: Hashable, Sendable {
    let value: SettingValue
    let origin: SettingOrigin
  }

  /// Values by path, each path once, in the order of their first appearance.
  private(set) var values: [SettingPath: Known] = [:]
  private(set) var order: [SettingPath] = []
  /// What the project asked for and did not get.
  private(set) var notes: [String] = []
  /// Rules do not replace each other: each layer's stay.
  private(set) var rules: [(origin: SettingOrigin, entries: [SettingEntry])] = []

  /// Puts a layer on top.
  mutating func add(_ entries: [SettingEntry], _ origin: SettingOrigin) {
    let rules = entries.filter { $0.path.first == "permissions" }
    if !rules.isEmpty { self.rules.append((origin, rules)) }
    let before = Set(order.map { Array($0.prefix(2)) })
    for entry in entries where entry.path.first != "permissions" {
      if origin.isProject {
        narrow(entry, origin, before)
      } else if entry.path == ["secrets"] {
        set(entry.path, united(entry), origin)
      } else {
        set(entry.path, entry.value, origin)
      }
    }
  }

  /// What holds at a path, the built-in value included.
  func value(_ path: SettingPath) -> SettingValue? { values[path]?.value ?? KnownSettings.at(path)?.usual }

  /// The names below a path, in the order of their first appearance.
  func names(below path: SettingPath) -> [String] {
    var seen: Set<String> = []
    return order.compactMap { other in
      guard other.count > path.count, other.starts(with: path) else { return nil }
      return seen.insert(other[path.count]).inserted ? other[path.count] : nil
    }
  }

  private mutating func set(_ path: SettingPath, _ value: SettingValue, _ origin: SettingOrigin) {
    if values.updateValue(Known(value: value, origin: origin), forKey: path) == nil { order.append(path) }
  }

  private func united(_ entry: SettingEntry) -> SettingValue {
    var all = values[entry.path]?.value.texts ?? []
    for name in entry.value.texts ?? [] where !all.contains(name) { all.append(name) }
    return .texts(all)
  }

  // MARK: The project's layer

  private mutating func narrow(_ entry: SettingEntry, _ origin: SettingOrigin, _ before: Set<SettingPath>) {
    let path = entry.path
    let present = value(path)
    if path.last == "permission_mode", let mode = entry.value.text, !["default", "plan", "dontAsk"].contains(mode) {
      return refuse(entry, "only your own configuration may let an agent do more than usual")
    }
    switch KnownSettings.at(path)?.narrowing ?? .never {
    case .free: set(path, entry.value, origin)
    case .more: set(path, united(entry), origin)
    case .never: refuse(entry, "only your own configuration may set it")
    case .own:
      // What the user calls by a name stays what the user has said, as a whole.
      let isOwn = path.count > 2 && path[0] != "router"
      let isTaken = isOwn ? before.contains(Array(path.prefix(2))) : values[path] != nil
      if isTaken { return refuse(entry, "your own configuration has it already") }
      set(path, entry.value, origin)
    case .smaller:
      if let limit = present?.amount, let wanted = entry.value.amount, wanted > limit {
        return refuse(entry, "it is \(present?.shown ?? ""), and a project may only lower it")
      }
      set(path, entry.value, origin)
    case .lesserTier:
      let limit = present?.text.flatMap(ModelTier.init(word:)) ?? WorkKind.tiers[path.last ?? ""] ?? usualTier
      if let wanted = entry.value.text.flatMap(ModelTier.init(word:)), wanted > limit {
        return refuse(entry, "it is \"\(limit.rawValue)\", and a project may only ask for less")
      }
      set(path, entry.value, origin)
    case .off:
      if entry.value == .flag(true), present != .flag(true) { return refuse(entry, "a project may only turn it off") }
      set(path, entry.value, origin)
    case .only(let text):
      if entry.value != .text(text), entry.value != present {
        return refuse(entry, "a project may only set it to \"\(text)\"")
      }
      set(path, entry.value, origin)
    }
  }

  private var usualTier: ModelTier {
    value(["router", "tier"])?.text.flatMap(ModelTier.init(word:)) ?? .balanced
  }

  private mutating func refuse(_ entry: SettingEntry, _ why: String) {
    notes.append("the project's \(entry.path.shown) = \(entry.value.shown) does not count: \(why)")
  }
}
