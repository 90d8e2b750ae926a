/// One JSON value (RFC 8259), as it lay on the wire: order of members and spelling of numbers are kept.
///
/// Order matters to us: providers cache prompts by their bytes, so a schema or a tool call that is sent back has to be
/// written as it came.
public enum JSONValue: Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction and exponent that fits.
  case integer(Int64)
  /// Any other number.
  case number(JSONNumber)
  /// A string, whole Unicode.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object.
  case object(JSONObject)
}

extension JSONValue {
  /// The member of an object; nil for another kind of value and for a member that is not there.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let object) = self else { return nil }
    return object[key]
  }

  /// The text, if this is a string.
  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The value, if this is `true` or `false`.
  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The whole number, if this is one that fits; `3.0` and `3e2` are whole too.
  public var integer: Int64? {
    switch self {
    case .integer(let value): value
    case .number(let number): Int64(exactly: number.double)
    default: nil
    }
  }

  /// The number, rounded to what a `Double` holds; `1e999` is infinite.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let number): number.double
    default: nil
    }
  }

  /// The elements, if this is an array.
  public var array: [JSONValue]? {
    guard case .array(let values) = self else { return nil }
    return values
  }

  /// The members, if this is an object.
  public var object: JSONObject? {
    guard case .object(let object) = self else { return nil }
    return object
  }

  /// True for `null`.
  public var isNull: Bool { self == .null }

  /// A fraction; what JSON cannot spell (infinities, NaN) becomes `null`.
  public static func double(_ value: Double) -> JSONValue {
    guard value.isFinite else { return .null }
    if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return .integer(whole) }
    return .number(JSONNumber(checked: value.description))
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// `true` or `false`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A whole number.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object in the order given; of members with one name the last counts.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
  }
}

extension JSONValue: CustomStringConvertible {
  /// The value's text, on one line.
  public var description: String {
    var writer = JSONWriter()
    writer.value(self)
    return writer.text
  }
}
