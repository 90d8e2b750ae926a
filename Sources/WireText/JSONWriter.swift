/// Writes JSON into a byte buffer. The caller keeps the order of keys and values; commas are ours. The same calls give the
/// same bytes.
public struct JSONWriter {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false

  /// A writer with an empty buffer.
  public init() { bytes.reserveCapacity(1024) }

  /// What was written so far, as text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Begins an object, which `endObject` ends.
  public mutating func beginObject() { open("{") }

  /// Ends the object that was begun last.
  public mutating func endObject() { close("}") }

  /// An object, whose members `body` writes.
  public mutating func object<E>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
    open("{")
    try body(&self)
    close("}")
  }

  /// An array, whose elements `body` writes.
  public mutating func array<E>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
    open("[")
    try body(&self)
    close("]")
  }

  /// The name of a member; its value has to follow.
  public mutating func key(_ key: String) {
    separate()
    quote(key)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A string.
  public mutating func string(_ value: String) {
    separate()
    quote(value)
    needsComma = true
  }

  /// A whole number.
  public mutating func integer(_ value: some BinaryInteger) { raw(String(value)) }

  /// `true` or `false`.
  public mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  /// `null`.
  public mutating func null() { raw("null") }

  /// Text that is one JSON value already.
  public mutating func raw(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
    needsComma = true
  }

  /// Any value.
  public mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .bool(let value): bool(value)
    case .integer(let value): integer(value)
    case .number(let number): raw(number.text)
    case .string(let text): string(text)
    case .array(let values): array { writer in for value in values { writer.value(value) } }
    case .object(let object): members(of: object)
    }
  }

  /// A member with a string.
  public mutating func field(_ key: String, _ value: String) {
    self.key(key)
    string(value)
  }

  /// A member with a truth value.
  public mutating func field(_ key: String, _ value: Bool) {
    self.key(key)
    bool(value)
  }

  /// A member with a whole number.
  public mutating func field(_ key: String, _ value: Int) {
    self.key(key)
    integer(value)
  }

  /// A member with any value.
  public mutating func field(_ key: String, _ value: JSONValue) {
    self.key(key)
    self.value(value)
  }

  private mutating func members(of object: JSONObject) {
    self.object { writer in for member in object.members { writer.field(member.key, member.value) } }
  }

  private mutating func open(_ scalar: Unicode.Scalar) {
    separate()
    bytes.append(UInt8(ascii: scalar))
    needsComma = false
  }

  private mutating func close(_ scalar: Unicode.Scalar) {
    bytes.append(UInt8(ascii: scalar))
    needsComma = true
  }

  private mutating func separate() { if needsComma { bytes.append(UInt8(ascii: ",")) } }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20, 0x7F:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(JSONWriter.digit(byte >> 4))
        bytes.append(JSONWriter.digit(byte & 15))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func digit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
  }
}
