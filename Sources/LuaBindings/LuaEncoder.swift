/// Makes Lua values of Codable values: structs and dictionaries become tables with string keys, arrays become
/// sequences, nil fields are left out.
public struct LuaEncoder {
  /// An encoder.
  public init() {}

  /// The value for Lua.
  public func encode(_ value: some Encodable) throws -> LuaValue {
    let encoder = ValueEncoder(codingPath: [])
    try value.encode(to: encoder)
    return encoder.value
  }
}

/// A place that one value is written into. A class, because containers of Codable write into their parent later.
final class ValueEncoder: Encoder, SingleValueEncodingContainer {
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  private var own: LuaValue = .nil
  private var fields: [(String, ValueEncoder)] = []
  private var elements: [ValueEncoder] = []
  private var isTable = false

  init(codingPath: [any CodingKey]) { self.codingPath = codingPath }

  var value: LuaValue {
    guard isTable else { return own }
    return .table(LuaTable(array: elements.map(\.value), fields: fields.map { ($0.0, $0.1.value) }))
  }

  func set(_ value: LuaValue) { own = value }

  func field(_ key: any CodingKey) -> ValueEncoder {
    let encoder = ValueEncoder(codingPath: codingPath + [key])
    fields.append((key.stringValue, encoder))
    return encoder
  }

  func element() -> ValueEncoder {
    let encoder = ValueEncoder(codingPath: codingPath + [IndexKey(elements.count)])
    elements.append(encoder)
    return encoder
  }

  var elementCount: Int { elements.count }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    isTable = true
    return KeyedEncodingContainer(FieldEncoder(parent: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    isTable = true
    return ElementEncoder(parent: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() { own = .nil }
  func encode(_ value: Bool) { own = .boolean(value) }
  func encode(_ value: String) { own = .text(value) }
  func encode(_ value: Double) { own = .number(value) }
  func encode(_ value: Float) { own = .number(Double(value)) }

  private func integer(_ value: some BinaryInteger) throws {
    guard let exact = Int64(exactly: value) else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: codingPath, debugDescription: "Lua's integers have 64 bits with a sign"))
    }
    own = .integer(exact)
  }

  func encode(_ value: Int) throws { try integer(value) }
  func encode(_ value: Int8) throws { try integer(value) }
  func encode(_ value: Int16) throws { try integer(value) }
  func encode(_ value: Int32) throws { try integer(value) }
  func encode(_ value: Int64) throws { try integer(value) }
  func encode(_ value: UInt) throws { try integer(value) }
  func encode(_ value: UInt8) throws { try integer(value) }
  func encode(_ value: UInt16) throws { try integer(value) }
  func encode(_ value: UInt32) throws { try integer(value) }
  func encode(_ value: UInt64) throws { try integer(value) }
  func encode(_ value: some Encodable) throws { try value.encode(to: self) }
}

private struct FieldEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let parent: ValueEncoder
  var codingPath: [any CodingKey] { parent.codingPath }

  mutating func encodeNil(forKey key: Key) {}
  mutating func encode(_ value: some Encodable, forKey key: Key) throws { try value.encode(to: parent.field(key)) }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { parent.field(key).container(keyedBy: type) }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    parent.field(key).unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder { parent }
  mutating func superEncoder(forKey key: Key) -> any Encoder { parent.field(key) }
}

private struct ElementEncoder: UnkeyedEncodingContainer {
  let parent: ValueEncoder
  var codingPath: [any CodingKey] { parent.codingPath }
  var count: Int { parent.elementCount }

  mutating func encodeNil() { _ = parent.element() }
  mutating func encode(_ value: some Encodable) throws { try value.encode(to: parent.element()) }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> { parent.element().container(keyedBy: type) }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { parent.element().unkeyedContainer() }
  mutating func superEncoder() -> any Encoder { parent.element() }
}
