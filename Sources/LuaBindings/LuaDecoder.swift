/// Makes Codable values of Lua values: tables become structs, arrays and dictionaries. Fields of the table that the type
/// does not know are ignored. Throws `LuaCodingError`.
public struct LuaDecoder {
  /// A decoder.
  public init() {}

  /// The value as `T`.
  public func decode<T: Decodable>(_ type: T.Type, from value: LuaValue) throws -> T {
    try T(from: ValueDecoder(value: value, codingPath: []))
  }
}

struct ValueDecoder: Decoder, SingleValueDecodingContainer {
  let value: LuaValue
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func mismatch(_ expected: String) -> LuaCodingError {
    LuaCodingError(path: LuaCodingError.path(codingPath), expected: expected, found: value.typeName)
  }

  func table() throws -> LuaTable {
    guard case .table(let table) = value else { throw mismatch("a table") }
    return table
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(FieldDecoder(table: try table(), codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    ElementDecoder(values: try table().array, codingPath: codingPath)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

  func decodeNil() -> Bool { value.isNil }

  func decode(_: Bool.Type) throws -> Bool {
    guard case .boolean(let flag) = value else { throw mismatch("a boolean") }
    return flag
  }

  func decode(_: String.Type) throws -> String {
    guard let text = value.text else { throw mismatch("a string") }
    return text
  }

  func decode(_: Double.Type) throws -> Double {
    guard let number = value.double else { throw mismatch("a number") }
    return number
  }

  func decode(_: Float.Type) throws -> Float { Float(try decode(Double.self)) }

  private func integer<T: FixedWidthInteger>() throws -> T {
    guard let integer = value.int, let exact = T(exactly: integer) else { throw mismatch("an integer") }
    return exact
  }

  func decode(_: Int.Type) throws -> Int { try integer() }
  func decode(_: Int8.Type) throws -> Int8 { try integer() }
  func decode(_: Int16.Type) throws -> Int16 { try integer() }
  func decode(_: Int32.Type) throws -> Int32 { try integer() }
  func decode(_: Int64.Type) throws -> Int64 { try integer() }
  func decode(_: UInt.Type) throws -> UInt { try integer() }
  func decode(_: UInt8.Type) throws -> UInt8 { try integer() }
  func decode(_: UInt16.Type) throws -> UInt16 { try integer() }
  func decode(_: UInt32.Type) throws -> UInt32 { try integer() }
  func decode(_: UInt64.Type) throws -> UInt64 { try integer() }
  func decode<T: Decodable>(_: T.Type) throws -> T { try T(from: self) }
}

private struct FieldDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let table: LuaTable
  let codingPath: [any CodingKey]

  var allKeys: [Key] { table.pairs.compactMap { $0.key.text.flatMap(Key.init(stringValue:)) } }

  private func decoder(_ key: any CodingKey) -> ValueDecoder {
    ValueDecoder(value: table[key.stringValue], codingPath: codingPath + [key])
  }

  func contains(_ key: Key) -> Bool { !table[key.stringValue].isNil }
  func decodeNil(forKey key: Key) -> Bool { !contains(key) }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try T(from: decoder(key)) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { try decoder(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoder(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { ValueDecoder(value: .table(table), codingPath: codingPath) }
  func superDecoder(forKey key: Key) throws -> any Decoder { decoder(key) }
}

private struct ElementDecoder: UnkeyedDecodingContainer {
  let values: [LuaValue]
  let codingPath: [any CodingKey]
  var currentIndex = 0

  init(values: [LuaValue], codingPath: [any CodingKey]) {
    self.values = values
    self.codingPath = codingPath
  }

  var count: Int? { values.count }
  var isAtEnd: Bool { currentIndex >= values.count }

  private mutating func next() -> ValueDecoder {
    defer { currentIndex += 1 }
    return ValueDecoder(
      value: isAtEnd ? .nil : values[currentIndex], codingPath: codingPath + [IndexKey(currentIndex)])
  }

  mutating func decodeNil() -> Bool {
    guard !isAtEnd, values[currentIndex].isNil else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try T(from: next()) }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> { try next().container(keyedBy: type) }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
  mutating func superDecoder() throws -> any Decoder { next() }
}
