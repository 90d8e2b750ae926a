/// The fields of a message's head, in the order they came in. Names are compared without regard to the case of ASCII
/// letters; values are bytes, without the white space around them.
public struct HTTPHeaders: Sendable, Hashable {
  /// One field.
  public struct Field: Sendable, Hashable {
    /// The name as it was written.
    public var name: String
    /// The value's bytes.
    public var value: [UInt8]

    /// A field.
    public init(name: String, value: [UInt8]) {
      self.name = name
      self.value = value
    }
  }

  /// All fields.
  public var fields: [Field]

  /// A head of these fields.
  public init(_ fields: [Field] = []) { self.fields = fields }

  /// The value of the first field of that name, with invalid UTF-8 repaired. Setting it replaces all fields of the name;
  /// nil removes them.
  public subscript(_ name: String) -> String? {
    get {
      fields.first { HTTPHeaders.isSame($0.name, name) }.map { String(decoding: $0.value, as: UTF8.self) }
    }
    set {
      fields.removeAll { HTTPHeaders.isSame($0.name, name) }
      if let newValue { add(name, newValue) }
    }
  }

  /// Adds a field at the end; one of the same name that is there already stays.
  public mutating func add(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: Array(value.utf8)))
  }

  /// The values of all fields of that name, in order.
  public func all(_ name: String) -> [[UInt8]] {
    fields.filter { HTTPHeaders.isSame($0.name, name) }.map(\.value)
  }

  /// Whether two names are of one field.
  static func isSame(_ a: String, _ b: String) -> Bool {
    a.utf8.count == b.utf8.count && zip(a.utf8, b.utf8).allSatisfy { lowercased($0) == lowercased($1) }
  }

  static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 0x20 : byte }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
  /// Fields in the order they are written in.
  public init(dictionaryLiteral elements: (String, String)...) {
    self.init(elements.map { Field(name: $0, value: Array($1.utf8)) })
  }
}
