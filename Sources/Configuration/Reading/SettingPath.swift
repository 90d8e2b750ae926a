/// Where a setting is: names from the outside in.
typealias SettingPath = [String]

extension SettingPath {
  /// As Lua would write it: `router.tier`, `prices["gpt-5.6"].input`.
  var shown: String {
    var text = ""
    for name in self {
      if SettingPath.isName(name) {
        text += text.isEmpty ? name : "." + name
      } else if name.utf8.allSatisfy({ (0x30...0x39).contains($0) }), !name.isEmpty {
        text += "[\(name)]"
      } else {
        text += "[\"\(LuaLiteral.escaped(name))\"]"
      }
    }
    return text
  }

  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first), !LuaLiteral.keywords.contains(text) else {
      return false
    }
    return text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
    }
  }
}

/// Lua's spelling of texts.
enum LuaLiteral {
  static let keywords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not",
    "or", "repeat", "return", "then", "true", "until", "while",
  ]

  /// The text in quotes.
  static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

  /// The text with what ends or hides a literal escaped.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let code = String(scalar.value)
        result += "\\" + String(repeating: "0", count: 3 - code.count) + code
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A name as a key of a table.
  static func key(_ name: String) -> String { SettingPath.isName(name) ? name : "[\(quoted(name))]" }
}
