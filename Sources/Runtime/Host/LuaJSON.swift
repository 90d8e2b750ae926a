internal import LuaBindings

/// Lua values as JSON, for records and for `--json`; and back.
///
/// A table with a sequence and no other keys is an array, an empty one `{}`; what JSON does not have (functions, NaN)
/// becomes null; bytes that are no UTF-8 become U+FFFD.
enum LuaJSON {
  /// nil for what is no table: a plain value is the output, not data.
  static func encode(_ value: LuaValue) -> String? {
    guard case .table = value else { return nil }
    var text = ""
    write(value, into: &text)
    return text
  }

  /// The JSON text of any value.
  static func text(_ value: LuaValue) -> String {
    var text = ""
    write(value, into: &text)
    return text
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

  private static func write(_ value: LuaValue, into text: inout String) {
    switch value {
    case .nil, .function, .object, .foreign: text += "null"
    case .boolean(let flag): text += flag ? "true" : "false"
    case .integer(let number): text += "\(number)"
    case .number(let number): text += number.isFinite ? "\(number)" : "null"
    case .string: quote(value.text ?? "", into: &text)
    case .table(let table): write(table, into: &text)
    }
  }

  private static func write(_ table: LuaTable, into text: inout String) {
    if table.pairs.isEmpty, !table.array.isEmpty {
      text += "["
      for (index, element) in table.array.enumerated() {
        if index > 0 { text += "," }
        write(element, into: &text)
      }
      text += "]"
      return
    }
    var fields = table.array.enumerated().map { (String($0.offset + 1), $0.element) }
    fields += table.pairs.map { (LuaText.key($0.key), $0.value) }
    fields.sort { $0.0 < $1.0 }
    text += "{"
    for (index, field) in fields.enumerated() {
      if index > 0 { text += "," }
      quote(field.0, into: &text)
      text += ":"
      write(field.1, into: &text)
    }
    text += "}"
  }

  private static func quote(_ string: String, into text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let digits = String(scalar.value, radix: 16)
          text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    text += "\""
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
    var reader = JSONReader(bytes: Array(text.utf8)[...])
    return reader.value(depth: 0)
  }
}

/// Reads JSON that was checked before. Anything unexpected reads as nil.
private struct JSONReader {
  var bytes: ArraySlice<UInt8>

  private mutating func skipSpace() {
    while let byte = bytes.first, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { bytes.removeFirst() }
  }

  private mutating func takes(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard bytes.first == UInt8(ascii: character) else { return false }
    bytes.removeFirst()
    return true
  }

  mutating func value(depth: Int) -> LuaValue {
    skipSpace()
    guard depth < 100, let first = bytes.first else { return .nil }
    switch first {
    case UInt8(ascii: "{"): return object(depth)
    case UInt8(ascii: "["): return array(depth)
    case UInt8(ascii: "\""): return .string(string())
    default: return literal()
    }
  }

  private mutating func object(_ depth: Int) -> LuaValue {
    var table = LuaTable()
    bytes.removeFirst()
    while !takes("}") {
      skipSpace()
      guard bytes.first == UInt8(ascii: "\"") else { return .nil }
      let key = string()
      guard takes(":") else { return .nil }
      let value = value(depth: depth + 1)
      if !value.isNil { table.pairs.append(LuaTable.Pair(key: .string(key), value: value)) }
      _ = takes(",")
    }
    return .table(table)
  }

  private mutating func array(_ depth: Int) -> LuaValue {
    var table = LuaTable()
    bytes.removeFirst()
    while !takes("]") {
      if bytes.isEmpty { return .nil }
      table.array.append(value(depth: depth + 1))
      _ = takes(",")
    }
    return .table(table)
  }

  private mutating func literal() -> LuaValue {
    let word = bytes.prefix { $0 != 0x2C && $0 != 0x7D && $0 != 0x5D && $0 > 0x20 }
    bytes = bytes.dropFirst(max(word.count, 1))
    let text = String(decoding: word, as: UTF8.self)
    switch text {
    case "true": return true
    case "false": return false
    default: return Int64(text).map { .integer($0) } ?? Double(text).map { .number($0) } ?? .nil
    }
  }

  private mutating func string() -> [UInt8] {
    var result: [UInt8] = []
    bytes.removeFirst()
    while let byte = bytes.popFirst(), byte != UInt8(ascii: "\"") {
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        continue
      }
      switch bytes.popFirst() {
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "u"): result += escaped()
      case let other?: result.append(other)
      case nil: break
      }
    }
    return result
  }

  private mutating func unit() -> UInt16 {
    let digits = String(decoding: bytes.prefix(4), as: UTF8.self)
    bytes = bytes.dropFirst(4)
    return UInt16(digits, radix: 16) ?? 0xFFFD
  }

  /// The UTF-8 of what follows \u, a surrogate pair included.
  private mutating func escaped() -> [UInt8] {
    var units = [unit()]
    if UTF16.isLeadSurrogate(units[0]), bytes.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
      bytes = bytes.dropFirst(2)
      units.append(unit())
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }
}
