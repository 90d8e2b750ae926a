internal import LuaBindings

/// What a configuration file says, as plain data.
indirect enum ConfigValue: Hashable, Sendable {
  case flag(Bool)
  case whole(Int)
  case number(Double)
  case text(String)
  case list([ConfigValue])
  /// Sorted by name: Lua keeps no order.
  case table([Member])
  /// `{}` may be either.
  case empty

  struct Member: Hashable, Sendable {
    let name: String
    let value: ConfigValue
  }

  /// Why a value is no setting.
  struct Refusal: Error, Hashable {
    let path: SettingPath
    let sentence: String
  }

  /// The data of a value that came out of Lua.
  init(_ value: LuaValue, at path: SettingPath = []) throws(Refusal) {
    switch value {
    case .boolean(let flag): self = .flag(flag)
    case .integer(let number): self = .whole(Int(number))
    case .number(let number):
      guard number.isFinite else { throw Refusal(path: path, sentence: "is not a number that can be used: \(number)") }
      self = .number(number)
    case .string:
      guard let text = value.exactText, !text.utf8.contains(0) else {
        throw Refusal(path: path, sentence: "is not a text: its bytes are not UTF-8, or one of them is zero")
      }
      self = .text(text)
    case .table(let table): self = try ConfigValue.of(table, at: path)
    case .nil: throw Refusal(path: path, sentence: "holds itself, or lies too deep")
    case .function, .object, .foreign:
      throw Refusal(
        path: path, sentence: "is a \(value.typeName), and a setting is a text, a number, true, false or a table")
    }
  }

  private static func of(_ table: LuaTable, at path: SettingPath) throws(Refusal) -> ConfigValue {
    if table.isEmpty { return .empty }
    guard table.pairs.isEmpty || table.array.isEmpty else {
      throw Refusal(
        path: path, sentence: "has entries with names and entries without: it must be a list or a table of names")
    }
    if !table.array.isEmpty {
      var list: [ConfigValue] = []
      for (index, value) in table.array.enumerated() {
        list.append(try ConfigValue(value, at: path + ["\(index + 1)"]))
      }
      return .list(list)
    }
    var members: [Member] = []
    for pair in table.pairs {
      guard case .string = pair.key, let name = pair.key.exactText, !name.utf8.contains(0) else {
        throw Refusal(path: path, sentence: "has an entry whose name is no text")
      }
      members.append(Member(name: name, value: try ConfigValue(pair.value, at: path + [name])))
    }
    return .table(members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
  }

  /// How messages show it.
  var shown: String {
    switch self {
    case .flag(let flag): "\(flag)"
    case .whole(let number): "\(number)"
    case .number(let number): "\(number)"
    case .text(let text):
      "\"\(text.unicodeScalars.count > 60 ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(60))) + "…" : text)\""
    case .list: "a list"
    case .table: "a table"
    case .empty: "{}"
    }
  }
}
