/// The name of a run: `r-` and six random characters of Crockford's base 32, in lower case.
public struct RunID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The id as text.
  public let rawValue: String

  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  /// A new random id. About a thousand million exist: the registry refuses a second use, and the caller draws again.
  public static func random() -> RunID {
    var generator = SystemRandomNumberGenerator()
    return random(using: &generator)
  }

  /// A new random id from a given source.
  public static func random(using generator: inout some RandomNumberGenerator) -> RunID {
    let bits: UInt64 = generator.next()
    let characters = (0..<6).map { alphabet[Int((bits >> (5 * UInt64($0))) & 31)] }
    return RunID(fromRegistry: "r-" + String(decoding: characters, as: UTF8.self))
  }

  /// Nil unless `text` has the form of a run's id.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 8, bytes.starts(with: "r-".utf8) else { return nil }
    guard bytes.dropFirst(2).allSatisfy(RunID.alphabet.contains) else { return nil }
    self.rawValue = text
  }

  /// An id that was drawn here, or that the registry's own constraint has checked.
  init(fromRegistry text: String) { self.rawValue = text }

  /// The six characters alone.
  public var suffix: Substring { rawValue.dropFirst(2) }

  /// The id as text.
  public var description: String { rawValue }

  /// Orders ids by their bytes.
  public static func < (lhs: RunID, rhs: RunID) -> Bool {
    lhs.rawValue.utf8.lexicographicallyPrecedes(rhs.rawValue.utf8)
  }
}

extension RunID: Codable {
  /// Reads an id, refusing text that is none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let id = RunID(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a run's id")
    }
    self = id
  }

  /// Writes the id as a string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}
