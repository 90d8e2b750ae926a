internal import LuaBindings
internal import WireText

/// Lua values as JSON, for records and for `--json`; and back.
///
/// A table with a sequence and no other keys is an array, an empty one `{}`; what JSON does not have (functions, NaN)
/// becomes null; bytes that are no UTF-8 become U+FFFD.
enum LuaJSON {
  /// nil for what is no table: a plain value is the output, not data.
  static func encode(_ value: LuaValue) -> String? {
    guard case .table = value else { return nil }
    return text(value)
  }

  /// The JSON text of any value.
  static func text(_ value: LuaValue) -> String {
    var json = JSONWriter()
    write(value, to: &json)
    return json.text
  }

  /// The part of JSON text to which the path leads (keys, and numbers from 1 in lists): a string as it is, all else as
  /// JSON; nothing where there is none.
  static func part(_ path: [String], of json: String) -> String {
    var value = decode(json)
    for step in path {
      guard case .table(let table) = value else { return "" }
      if let index = Int(step), index >= 1, index <= table.array.count {
        value = table.array[index - 1]
      } else {
        value = table[step]
      }
    }
    switch value {
    case .nil: return ""
    case .string: return value.text ?? ""
    default: return text(value)
    }
  }

  private static func write(_ value: LuaValue, to json: inout JSONWriter) {
    switch value {
    case .nil, .function, .object, .foreign: json.null()
    case .boolean(let flag): json.bool(flag)
    case .integer(let number): json.integer(number)
    // With its fraction, so that it is read back as what it was.
    case .number(let number): json.raw(number.isFinite ? "\(number)" : "null")
    case .string: json.string(value.text ?? "")
    case .table(let table): write(table, to: &json)
    }
  }

  private static func write(_ table: LuaTable, to json: inout JSONWriter) {
    if table.pairs.isEmpty, !table.array.isEmpty {
      return json.array { json in for element in table.array { write(element, to: &json) } }
    }
    var fields = table.array.enumerated().map { (String($0.offset + 1), $0.element) }
    fields += table.pairs.map { (LuaText.key($0.key), $0.value) }
    fields.sort { $0.0 < $1.0 }
    json.object { json in
      for (key, value) in fields {
        json.key(key)
        write(value, to: &json)
      }
    }
  }
}

/// Lua values as plain text.
enum LuaText {
  /// What a job's function said: a string as it is, a number or boolean as Lua prints it, a table as JSON.
  static func describe(_ value: LuaValue) -> [UInt8] {
    switch value {
    case .nil: []
    case .string(let bytes): bytes
    case .boolean(let flag): Array("\(flag)".utf8)
    case .integer(let number): Array("\(number)".utf8)
    case .number(let number): Array("\(number)".utf8)
    case .table: Array(LuaJSON.text(value).utf8)
    case .function, .object, .foreign: Array("(a \(value.typeName))".utf8)
    }
  }

  static func key(_ key: LuaValue) -> String { String(decoding: describe(key), as: UTF8.self) }
}

extension LuaJSON {
  /// The value of a JSON text that is known to be valid (records hold only such); null becomes nil.
  static func decode(_ text: String) -> LuaValue {
    guard let value = try? JSONReader.read(text) else { return .nil }
    return LuaValue(value)
  }
}

extension LuaValue {
  /// A JSON value: null is nil, and so a member that is null is not there.
  fileprivate init(_ value: JSONValue) {
    switch value {
    case .null: self = .nil
    case .bool(let flag): self = .boolean(flag)
    case .integer(let number): self = .integer(number)
    case .number(let number): self = .number(number.double)
    case .string(let text): self = .text(text)
    case .array(let elements): self = .table(LuaTable(array: elements.map { LuaValue($0) }))
    case .object(let object):
      var table = LuaTable()
      for member in object.members where member.value != .null {
        table.pairs.append(LuaTable.Pair(key: .text(member.key), value: LuaValue(member.value)))
      }
      self = .table(table)
    }
  }
}
