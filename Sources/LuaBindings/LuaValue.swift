/// A Lua value outside its state. Tables are copies; functions and foreign values are references.
public enum LuaValue: Sendable, Hashable {
  case `nil`
  case boolean(Bool)
  case integer(Int64)
  case number(Double)
  /// Lua's strings are bytes; they need not be UTF-8.
  case string([UInt8])
  case table(LuaTable)
  case function(LuaReference)
  /// A Swift object that Lua holds: its type and handle, see `LuaState.define(type:)`.
  case object(LuaObject)
  /// A coroutine, or a userdata that is not ours.
  case foreign(LuaReference)

  /// A string value.
  public static func text(_ text: some StringProtocol) -> LuaValue { .string(Array(text.utf8)) }

  /// The string with invalid UTF-8 repaired, or nil if this is no string.
  public var text: String? {
    if case .string(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
  }

  /// The string, or nil if this is no string or its bytes are not UTF-8.
  public var exactText: String? {
    if case .string(let bytes) = self { String(validating: bytes, as: UTF8.self) } else { nil }
  }

  /// The number, whether Lua kept it as an integer or a float.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The integer, also of a float without a fraction.
  public var int: Int? {
    switch self {
    case .integer(let value): Int(value)
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  /// What Lua's `type()` calls it.
  public var typeName: String {
    switch self {
    case .nil: "nil"
    case .boolean: "boolean"
    case .integer, .number: "number"
    case .string: "string"
    case .table: "table"
    case .function: "function"
    case .object, .foreign: "userdata"
    }
  }

  /// False for `nil` and `false` alone, as in Lua.
  public var isTruthy: Bool {
    switch self {
    case .nil, .boolean(false): false
    default: true
    }
  }

  /// True for `nil`.
  public var isNil: Bool { self == .nil }
}

/// A Swift object as Lua knows it.
public struct LuaObject: Sendable, Hashable {
  /// The number of its type, as given to `LuaState.define(type:)`.
  public var type: UInt32
  /// Chosen by whoever pushes it; the host maps it back to the object.
  public var handle: UInt64

  /// An object of a type by handle.
  public init(type: UInt32, handle: UInt64) {
    self.type = type
    self.handle = handle
  }
}

/// The content of a Lua table: its sequence, and its other pairs.
public struct LuaTable: Sendable, Hashable {
  /// The values of 1…n.
  public var array: [LuaValue]
  /// All other pairs. The order is Lua's and says nothing.
  public var pairs: [Pair]
  /// The type whose metatable the table gets on its way into Lua. Not read back.
  public var type: UInt32?

  /// One key with its value.
  public struct Pair: Sendable, Hashable {
    /// The key; never nil.
    public var key: LuaValue
    /// The value; never nil.
    public var value: LuaValue

    /// A pair.
    public init(key: LuaValue, value: LuaValue) {
      self.key = key
      self.value = value
    }
  }

  /// A table of a sequence and named fields; fields that are nil are left out.
  public init(array: [LuaValue] = [], fields: [(String, LuaValue)] = [], type: UInt32? = nil) {
    self.array = array
    self.pairs = fields.compactMap { name, value in
      value.isNil ? nil : Pair(key: .text(name), value: value)
    }
    self.type = type
  }

  /// The value of a string key, or nil.
  public subscript(_ key: String) -> LuaValue {
    get { pairs.first { $0.key.isText(key) }?.value ?? .nil }
    set {
      pairs.removeAll { $0.key.isText(key) }
      if !newValue.isNil { pairs.append(Pair(key: .text(key), value: newValue)) }
    }
  }

  /// True if nothing is in it.
  public var isEmpty: Bool { array.isEmpty && pairs.isEmpty }
}

extension LuaValue {
  /// True for this very string, compared as bytes.
  func isText(_ other: String) -> Bool {
    if case .string(let bytes) = self { bytes.elementsEqual(other.utf8) } else { false }
  }
}

extension LuaValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
  /// A string.
  public init(stringLiteral value: String) { self = .text(value) }
  /// An integer.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// A float.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  /// Nil.
  public init(nilLiteral: ()) { self = .nil }
}
