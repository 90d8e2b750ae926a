/// Reads one JSON value from bytes by the grammar of RFC 8259 and nothing looser: Foundation's parser accepts trailing
/// commas. Bytes that are no UTF-8 and lone surrogates become U+FFFD; a byte order mark is refused.
///
/// Takes time and memory in proportion to its input, whatever that holds, and recurses at most `maxDepth` times.
public struct JSONReader {
  let bytes: UnsafeBufferPointer<UInt8>
  var index = 0
  private let maxDepth: Int

  /// The value that the bytes are.
  public static func read(_ bytes: [UInt8], maxDepth: Int = 256) throws(JSONError) -> JSONValue {
    var outcome: Result<JSONValue, JSONError> = .failure(JSONError(code: .ended, offset: 0))
    bytes.withUnsafeBufferPointer { buffer in
      outcome = Result { () throws(JSONError) in try JSONReader.read(buffer, maxDepth: maxDepth) }
    }
    return try outcome.get()
  }

  /// The value that the text is.
  public static func read(_ text: String, maxDepth: Int = 256) throws(JSONError) -> JSONValue {
    try read(Array(text.utf8), maxDepth: maxDepth)
  }

  /// The value that the bytes are.
  public static func read(_ bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int = 256) throws(JSONError) -> JSONValue {
    var reader = JSONReader(bytes: bytes, maxDepth: maxDepth)
    reader.skipSpace()
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.index == bytes.count else { throw JSONError(code: .trailing, offset: reader.index) }
    return value
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int) {
    self.bytes = bytes
    self.maxDepth = maxDepth
  }

  private mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x0A, 0x0D, 0x09: index += 1
      default: return
      }
    }
  }

  func fault() -> JSONError {
    index < bytes.count
      ? JSONError(code: .unexpected(bytes[index]), offset: index) : JSONError(code: .ended, offset: index)
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard index < bytes.count else { throw fault() }
    switch bytes[index] {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      try word("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try word("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try word("null")
      return .null
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString) throws(JSONError) {
    for offset in 0..<word.utf8CodeUnitCount {
      guard index < bytes.count, bytes[index] == word.utf8Start[offset] else { throw fault() }
      index += 1
    }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: scalar) else { return false }
    index += 1
    return true
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    guard depth < maxDepth else { throw JSONError(code: .tooDeep, offset: index) }
    index += 1
    skipSpace()
    if take("}") { return JSONObject() }
    var members: [JSONObject.Member] = []
    while true {
      skipSpace()
      guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw fault() }
      let key = try string()
      skipSpace()
      guard take(":") else { throw fault() }
      skipSpace()
      members.append(JSONObject.Member(key: key, value: try value(depth: depth + 1)))
      skipSpace()
      if take("}") { return JSONObject(members) }
      guard take(",") else { throw fault() }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
    guard depth < maxDepth else { throw JSONError(code: .tooDeep, offset: index) }
    index += 1
    skipSpace()
    if take("]") { return [] }
    var values: [JSONValue] = []
    while true {
      skipSpace()
      values.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return values }
      guard take(",") else { throw fault() }
    }
  }

  private mutating func digits() throws(JSONError) {
    let start = index
    while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
    if index == start { throw fault() }
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = index
    let isNegative = take("-")
    if !take("0") { try digits() }
    let wholeEnd = index
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    if index == wholeEnd, let value = whole(isNegative ? start + 1 : start, wholeEnd, isNegative) {
      return .integer(value)
    }
    let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
    return .number(JSONNumber(checked: text))
  }

  /// Nil for what does not fit, and for minus zero, which has no integer.
  private func whole(_ start: Int, _ end: Int, _ isNegative: Bool) -> Int64? {
    if isNegative, end == start + 1, bytes[start] == UInt8(ascii: "0") { return nil }
    var total: Int64 = 0
    for index in start..<end {
      let digit = Int64(bytes[index] - UInt8(ascii: "0"))
      let (scaled, overflow) = total.multipliedReportingOverflow(by: 10)
      let (sum, carry) = scaled.subtractingReportingOverflow(digit)
      if overflow || carry { return nil }
      total = sum
    }
    if isNegative { return total }
    return total == .min ? nil : -total
  }
}
