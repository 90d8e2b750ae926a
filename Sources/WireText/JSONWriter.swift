/// Writes JSON into a byte buffer. The caller keeps the order of keys and values; commas and indentation are ours. The same calls
/// give the same bytes.
public struct JSONWriter {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []
  private let isPretty: Bool
  private var depth = 0
  private var isFirst = true
  private var followsKey = false

  /// A writer with an empty buffer. A pretty one begins a line for each member and element, indented by two blanks a level.
  public init(isPretty: Bool = false) {
    self.isPretty = isPretty
    bytes.reserveCapacity(1024)
  }

  /// A text as a JSON string, its quotation marks included.
  public static func quoted(_ text: String) -> String {
    var writer = JSONWriter()
    writer.string(text)
    return writer.text
  }

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
    if isPretty { bytes.append(0x20) }
    followsKey = true
  }

  /// A string.
  public mutating func string(_ value: String) {
    separate()
    quote(value)
  }

  /// A whole number.
  public mutating func integer(_ value: some BinaryInteger) { raw(String(value)) }

  /// A number; a whole one without a fraction. JSON has no infinities and no NaN: they become null.
  public mutating func number(_ value: Double) {
    guard value.isFinite else { return null() }
    if let integer = Int64(exactly: value), abs(integer) < 1 << 53 { return raw(String(integer)) }
    raw(value.description)
  }

  /// `true` or `false`.
  public mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  /// `null`.
  public mutating func null() { raw("null") }

  /// Text that is one JSON value already.
  public mutating func raw(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
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
    depth += 1
    isFirst = true
  }

  private mutating func close(_ scalar: Unicode.Scalar) {
    depth -= 1
    if !isFirst { newline() }
    isFirst = false
    bytes.append(UInt8(ascii: scalar))
  }

  private mutating func separate() {
    if followsKey {
      followsKey = false
      return
    }
    if depth == 0 { return }
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    newline()
  }

  private mutating func newline() {
    guard isPretty else { return }
    bytes.append(0x0A)
    for _ in 0..<depth * 2 { bytes.append(0x20) }
  }

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
