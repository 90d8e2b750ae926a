internal import CLua

/// Reads values from the bytes of one crossing (`enum clua_tag` says how they lie there). The bytes come from our own C
/// code in the same process, so they are trusted to be whole.
struct ValueReader {
  private var rest: UnsafeRawBufferPointer.SubSequence
  private let pool: ReferencePool

  init(_ bytes: UnsafeRawBufferPointer, pool: ReferencePool) {
    rest = bytes[...]
    self.pool = pool
  }

  mutating func readAll() -> [LuaValue] {
    var values: [LuaValue] = []
    while !rest.isEmpty { values.append(read()) }
    return values
  }

  private mutating func take<T: BitwiseCopyable>(_: T.Type) -> T {
    defer { rest = rest.dropFirst(MemoryLayout<T>.size) }
    return UnsafeRawBufferPointer(rebasing: rest).loadUnaligned(as: T.self)
  }

  mutating func read() -> LuaValue {
    switch clua_tag(UInt32(take(UInt8.self))) {
    case CLUA_FALSE: return .boolean(false)
    case CLUA_TRUE: return .boolean(true)
    case CLUA_INTEGER: return .integer(take(Int64.self))
    case CLUA_NUMBER: return .number(take(Double.self))
    case CLUA_STRING:
      let count = Int(take(UInt32.self))
      defer { rest = rest.dropFirst(count) }
      return .string(Array(rest.prefix(count)))
    case CLUA_TABLE: return .table(readTable())
    case CLUA_FUNCTION: return .function(LuaReference(key: take(Int32.self), pool: pool))
    case CLUA_FOREIGN: return .foreign(LuaReference(key: take(Int32.self), pool: pool))
    case CLUA_OBJECT: return .object(LuaObject(type: take(UInt32.self), handle: take(UInt64.self)))
    default: return .nil
    }
  }

  private mutating func readTable() -> LuaTable {
    let count = Int(take(UInt32.self)), pairs = Int(take(UInt32.self))
    var table = LuaTable()
    table.array.reserveCapacity(count)
    for _ in 0..<count { table.array.append(read()) }
    table.pairs.reserveCapacity(pairs)
    for _ in 0..<pairs {
      let key = read()
      table.pairs.append(LuaTable.Pair(key: key, value: read()))
    }
    return table
  }
}

/// Writes values as the bytes of one crossing.
struct ValueWriter {
  private(set) var bytes: [UInt8] = []

  init(_ values: [LuaValue]) {
    for value in values { write(value) }
  }

  private mutating func put(_ tag: clua_tag) { bytes.append(UInt8(tag.rawValue)) }

  private mutating func put(raw value: some BitwiseCopyable) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  mutating func write(_ value: LuaValue) {
    switch value {
    case .nil: put(CLUA_NIL)
    case .boolean(let flag): put(flag ? CLUA_TRUE : CLUA_FALSE)
    case .integer(let integer):
      put(CLUA_INTEGER)
      put(raw: integer)
    case .number(let number):
      put(CLUA_NUMBER)
      put(raw: number)
    case .string(let string):
      put(CLUA_STRING)
      put(raw: UInt32(string.count))
      bytes.append(contentsOf: string)
    case .table(let table): write(table)
    case .function(let reference), .foreign(let reference):
      put(CLUA_FOREIGN)
      put(raw: reference.key)
    case .object(let object):
      put(CLUA_OBJECT)
      put(raw: object.type)
      put(raw: object.handle)
    }
  }

  private mutating func write(_ table: LuaTable) {
    if let type = table.type {
      put(CLUA_TYPED)
      put(raw: type)
    }
    put(CLUA_TABLE)
    put(raw: UInt32(table.array.count))
    put(raw: UInt32(table.pairs.count))
    for value in table.array { write(value) }
    for pair in table.pairs {
      write(pair.key)
      write(pair.value)
    }
  }
}
