internal import Jobs
internal import Models

/// One setting of one layer.
struct SettingEntry: Hashable, Sendable {
  let path: SettingPath
  let value: SettingValue
}

/// Checks what a file says against the settings there are. Pure.
struct SettingsReader {
  private let place: String
  private(set) var entries: [SettingEntry] = []
  private(set) var problems: [SettingsError.Problem] = []

  private init(place: String) { self.place = place }

  /// The settings of a file, in their order; errors name all that is wrong with it.
  static func entries(of value: ConfigValue, in place: String) throws(SettingsError) -> [SettingEntry] {
    var reader = SettingsReader(place: place)
    reader.record(value, KnownSettings.all, [])
    if !reader.problems.isEmpty { throw SettingsError(reader.problems) }
    return reader.entries
  }

  /// One setting of a variable or an option, from a text.
  static func entry(_ path: SettingPath, text: String, in place: String) throws(SettingsError) -> SettingEntry {
    var reader = SettingsReader(place: place)
    if let known = KnownSettings.at(path) {
      reader.value(SettingsReader.read(text, for: known.shape), known.shape, path, shown: LuaLiteral.quoted(text))
    }
    guard let entry = reader.entries.first, reader.problems.isEmpty else { throw SettingsError(reader.problems) }
    return entry
  }

  /// A variable holds text only: where a number is wanted, the number that it spells.
  private static func read(_ text: String, for shape: SettingShape) -> ConfigValue {
    let text = String(text.drop { $0.isWhitespace })
    switch shape {
    case .whole, .number, .duration:
      if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) { return .whole(number) }
      let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
      if isPlain, let number = Double(text), number.isFinite { return .number(number) }
      return .text(text)
    case .flag:
      return text == "true" || text == "1" ? .flag(true) : text == "false" || text == "0" ? .flag(false) : .text(text)
    default: return .text(text)
    }
  }

  private mutating func add(_ path: SettingPath, _ value: SettingValue) {
    entries.append(SettingEntry(path: path, value: value))
  }

  private mutating func refuse(_ path: SettingPath, _ sentence: String) {
    let subject = path.isEmpty ? "the table" : path.shown
    problems.append(SettingsError.Problem(place: place, sentence: "\(subject) \(sentence)"))
  }

  // MARK: Tables

  private mutating func record(_ value: ConfigValue, _ known: [KnownSetting], _ path: SettingPath) {
    switch value {
    case .empty: return
    case .table(let members):
      for member in members {
        guard let setting = known.first(where: { $0.name == member.name }) else {
          refuse(path + [member.name], unknown(member, known))
          continue
        }
        self.value(member.value, setting.shape, path + [member.name])
      }
    default: refuse(path, "must be a table of names, not \(value.shown)")
    }
  }

  private func unknown(_ member: ConfigValue.Member, _ known: [KnownSetting]) -> String {
    let names = known.map(\.name)
    let what = "is not known (it was given \(member.value.shown))"
    if let near = NearMiss.best(for: member.name, among: names) { return what + "; did you mean '\(near)'?" }
    return what + "; there are \(names.joined(separator: ", "))"
  }

  private mutating func named(
    _ value: ConfigValue, _ rule: SettingShape.TextRule, _ shape: SettingShape, _ path: SettingPath
  ) {
    switch value {
    case .empty: return
    case .table(let members):
      for member in members {
        if let wanted = TextCheck.problem(member.name, rule) {
          refuse(path + [member.name], "has a name that is not allowed here: it must be \(wanted)")
        } else {
          self.value(member.value, shape, path + [member.name])
        }
      }
    default: refuse(path, "must be a table of names, not \(value.shown)")
    }
  }

  private mutating func items(_ value: ConfigValue, by key: String, _ known: [KnownSetting], _ path: SettingPath) {
    guard case .list(let values) = value else {
      if value != .empty { refuse(path, "must be a list of tables, not \(value.shown)") }
      return
    }
    var seen: Set<String> = []
    for (index, value) in values.enumerated() {
      let place = path + ["\(index + 1)"]
      guard case .table(let members) = value, let name = members.first(where: { $0.name == key })?.value,
        case .text(let text) = name
      else {
        refuse(place, "must be a table with a text called \(key), not \(value.shown)")
        continue
      }
      guard seen.insert(text).inserted else {
        refuse(place, "has the same \(key) as one before it: \(LuaLiteral.quoted(text))")
        continue
      }
      var reader = SettingsReader(place: self.place)
      reader.record(value, known, place)
      problems += reader.problems
      // From here on it goes by its name: the place in the list is the layer's own affair.
      entries += reader.entries.map {
        SettingEntry(path: path + [text] + $0.path.dropFirst(place.count), value: $0.value)
      }
    }
  }

  private mutating func rules(_ value: ConfigValue, _ path: SettingPath) {
    let answers = ["allow", "ask", "deny"]
    switch value {
    case .text: self.value(value, .choice(answers), path + ["*"])
    case .empty: return
    case .table(let members):
      for member in members { self.value(member.value, .choice(answers), path + [member.name]) }
    default:
      refuse(path, "must be \"allow\", \"ask\" or \"deny\", or a table of these by pattern, not \(value.shown)")
    }
  }

  // MARK: Values

  private mutating func value(
    _ value: ConfigValue, _ shape: SettingShape, _ path: SettingPath, shown: String? = nil
  ) {
    let given = shown ?? value.shown
    switch shape {
    case .record(let known): record(value, known, path)
    case .named(let rule, let shape): named(value, rule, shape, path)
    case .items(let key, let known): items(value, by: key, known, path)
    case .rules: rules(value, path)
    case .pairs: named(value, .any, .text(.any), path)
    case .flag:
      guard case .flag(let flag) = value else { return refuse(path, "must be true or false, not \(given)") }
      add(path, .flag(flag))
    case .choice(let words):
      guard case .text(let text) = value, words.contains(text) else { return refuse(path, choice(words, value, given)) }
      add(path, .text(text))
    case .whole(let range):
      guard let number = SettingsReader.whole(value), range.contains(number) else {
        return refuse(path, "must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(given)")
      }
      add(path, .whole(number))
    case .number(let range):
      guard let number = SettingsReader.number(value), range.contains(number) else {
        return refuse(path, "must be a number from \(Int(range.lowerBound)) to \(Int(range.upperBound)), not \(given)")
      }
      add(path, .number(number))
    case .duration: duration(value, path, given)
    case .text(let rule): text(value, rule, path, given)
    case .texts(let rule): texts(value, rule, path, given)
    }
  }

  private func choice(_ words: [String], _ value: ConfigValue, _ given: String) -> String {
    let all = words.map { "\"\($0)\"" }
    let list = all.count > 1 ? all.dropLast().joined(separator: ", ") + " or " + (all.last ?? "") : all.joined()
    let sentence = "must be \(list), not \(given)"
    guard case .text(let text) = value, let near = NearMiss.best(for: text, among: words) else { return sentence }
    return sentence + "; did you mean \"\(near)\"?"
  }

  private static func whole(_ value: ConfigValue) -> Int? {
    switch value {
    case .whole(let number): number
    case .number(let number): Int(exactly: number)
    default: nil
    }
  }

  private static func number(_ value: ConfigValue) -> Double? {
    switch value {
    case .whole(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }

  private mutating func duration(_ value: ConfigValue, _ path: SettingPath, _ given: String) {
    if let number = SettingsReader.number(value), let duration = DurationText.milliseconds(number), duration > .zero {
      return add(path, .duration(duration, "\(number == number.rounded() ? "\(Int(number))" : "\(number)")ms"))
    }
    if case .text(let text) = value, let duration = DurationText.parse(text), duration > .zero {
      return add(path, .duration(duration, text))
    }
    refuse(path, "must be \(DurationText.accepted), not \(given)")
  }

  private mutating func text(
    _ value: ConfigValue, _ rule: SettingShape.TextRule, _ path: SettingPath, _ given: String
  ) {
    guard case .text(let text) = value else { return refuse(path, "must be a text, not \(given)") }
    if let wanted = TextCheck.problem(text, rule) { return refuse(path, "must be \(wanted), not \(given)") }
    add(path, .text(text))
  }

  private mutating func texts(
    _ value: ConfigValue, _ rule: SettingShape.TextRule, _ path: SettingPath, _ given: String
  ) {
    switch value {
    case .empty: add(path, .texts([]))
    case .text(let text):
      if let wanted = TextCheck.problem(text, rule) { return refuse(path, "must be \(wanted), not \(given)") }
      add(path, .texts([text]))
    case .list(let values):
      var texts: [String] = []
      for (index, value) in values.enumerated() {
        guard case .text(let text) = value else {
          return refuse(path + ["\(index + 1)"], "must be a text, not \(value.shown)")
        }
        if let wanted = TextCheck.problem(text, rule) {
          return refuse(path + ["\(index + 1)"], "must be \(wanted), not \(value.shown)")
        }
        texts.append(text)
      }
      add(path, .texts(texts))
    default: refuse(path, "must be a list of texts, not \(given)")
    }
  }
}
