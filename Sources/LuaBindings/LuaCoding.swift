/// Why a value is not what a Codable type wants, with the path to it.
public struct LuaCodingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The path as a script would write it: "inner[1].count".
  public var path: String
  /// "an integer", "a string", …
  public var expected: String
  /// What Lua's `type()` calls what was there.
  public var found: String

  /// "inner[1].count must be an integer, not a string"
  public var description: String {
    "\(path.isEmpty ? "the value" : path) must be \(expected), not \(found == "nil" ? "nil" : "a " + found)"
  }

  static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index + 1)]"
      } else {
        path += (path.isEmpty ? "" : ".") + key.stringValue
      }
    }
  }
}

struct IndexKey: CodingKey {
  var intValue: Int?
  var stringValue: String { intValue.map(String.init) ?? "" }
  init(_ index: Int) { intValue = index }
  init?(intValue: Int) { self.init(intValue) }
  init?(stringValue: String) { nil }
}

extension LuaValue: Codable {
  /// Takes the value as it is; only `LuaDecoder` can.
  public init(from decoder: any Decoder) throws {
    guard let decoder = decoder as? ValueDecoder else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a LuaValue is decoded by LuaDecoder alone"))
    }
    self = decoder.value
  }

  /// Puts the value as it is; only `LuaEncoder` can.
  public func encode(to encoder: any Encoder) throws {
    guard let encoder = encoder as? ValueEncoder else {
      throw EncodingError.invalidValue(
        self, .init(codingPath: encoder.codingPath, debugDescription: "a LuaValue is encoded by LuaEncoder alone"))
    }
    encoder.set(self)
  }
}
