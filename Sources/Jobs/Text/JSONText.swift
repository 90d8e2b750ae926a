import FoundationEssentials
import WireText

/// One JSON value as text that is known to be valid (RFC 8259, at most 512 levels deep).
public struct JSONText: Hashable, Sendable, CustomStringConvertible {
  /// The value's text, as it was given.
  public let text: String

  /// Nil unless the text is exactly one JSON value. Foundation's parser is not asked: it accepts trailing commas.
  public init?(validating text: String) {
    var copy = text
    guard copy.withUTF8({ JSONScanner.isValid($0) }) else { return nil }
    self.text = text
  }

  /// Text that was checked before it went into the registry.
  init(fromRegistry text: String) { self.text = text }

  /// The value's text.
  public var description: String { text }
}

extension JSONText: Codable {
  /// Reads any JSON value.
  public init(from decoder: any Decoder) throws {
    var writer = JSONWriter(isPretty: false)
    try JSONValue(from: decoder).write(to: &writer)
    text = String(decoding: writer.bytes, as: UTF8.self)
  }

  /// Writes the value itself, not a string that holds it.
  public func encode(to encoder: any Encoder) throws {
    try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)).encode(to: encoder)
  }
}

/// A JSON value as a tree, for the way through `Codable`.
enum JSONValue: Codable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  func write(to writer: inout JSONWriter) {
    switch self {
    case .null: writer.null()
    case .bool(let value): writer.bool(value)
    case .integer(let value): writer.integer(value)
    case .number(let value): writer.number(value)
    case .string(let value): writer.string(value)
    case .array(let values): writer.array { writer in for value in values { value.write(to: &writer) } }
    case .object(let fields):
      writer.object { writer in
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
          writer.key(key)
          value.write(to: &writer)
        }
      }
    }
  }
}
