/// The name of a job: `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`, compared byte by byte.
///
/// The alphabet makes an id safe as a file name: it holds no separator, cannot be `.` or `..`, and hides nothing.
public struct JobID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The id as text.
  public let rawValue: String

  /// The longest id, in bytes.
  public static let maximumLength = 128

  /// Checks a name that a caller gave. Throws what is wrong with it, in words; it does not ask whether the id is used.
  public init(validating text: String) throws(JobIDError) {
    guard let first = text.utf8.first else { throw JobIDError(code: .empty, text: text) }
    guard JobID.isAlphanumeric(first) else { throw JobIDError(code: .badStart, text: text) }
    guard text.utf8.allSatisfy(JobID.isLegal) else { throw JobIDError(code: .badCharacter, text: text) }
    guard text.utf8.count <= JobID.maximumLength else { throw JobIDError(code: .tooLong, text: text) }
    self.rawValue = text
  }

  /// The id of the `number`th job of a run: `<slug>-<the run's six characters>-<number>`.
  ///
  /// The slug is what `[a-z0-9-]` leaves of `text`, at most 32 bytes, or `job`. The run's characters make the id unique
  /// without asking the registry.
  public init(slugOf text: String, run: RunID, number: Int) {
    self.rawValue = "\(JobID.slug(of: text))-\(run.suffix)-\(number)"
  }

  /// An id that the registry's own constraint has checked.
  init(fromRegistry text: String) { rawValue = text }

  /// The id as text.
  public var description: String { rawValue }

  /// Orders ids by their bytes.
  public static func < (lhs: JobID, rhs: JobID) -> Bool {
    lhs.rawValue.utf8.lexicographicallyPrecedes(rhs.rawValue.utf8)
  }

  static func slug(of text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      guard bytes.count < 32 else { break }
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): bytes.append(byte)
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(byte | 0x20)
      default: if let last = bytes.last, last != UInt8(ascii: "-") { bytes.append(UInt8(ascii: "-")) }
      }
    }
    while bytes.last == UInt8(ascii: "-") { bytes.removeLast() }
    return bytes.isEmpty ? "job" : String(decoding: bytes, as: UTF8.self)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }

  private static func isLegal(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}

extension JobID: Codable {
  /// Reads an id, refusing text that is none.
  public init(from decoder: any Decoder) throws {
    try self.init(validating: decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the id as a string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

/// Why a text is no job id.
public struct JobIDError: Error, Hashable, CustomStringConvertible {
  /// The kinds of trouble.
  public enum Code: Hashable, Sendable { case empty, badStart, badCharacter, tooLong }
  /// What is wrong.
  public let code: Code
  /// The text that was refused.
  public let text: String

  /// One sentence. The refused text is shown with its control characters escaped, and at most 64 characters of it.
  public var description: String {
    let shown = JobIDError.shown(text)
    let rule = "an id is a letter or digit, then at most 127 of letters, digits, '.', '_' and '-'"
    return switch code {
    case .empty: "a job id must not be empty: \(rule)"
    case .badStart: "job id \(shown) must begin with a letter or digit: \(rule)"
    case .badCharacter: "job id \(shown) holds a character that is not allowed: \(rule)"
    case .tooLong: "job id \(shown) has \(text.utf8.count) bytes, and at most \(JobID.maximumLength) are allowed"
    }
  }

  private static func shown(_ text: String) -> String {
    let scalars = text.unicodeScalars
    var result = "\""
    for scalar in scalars.prefix(64) {
      let isPlain = (0x20...0x7e).contains(scalar.value) && scalar != "\"" && scalar != "\\"
      result += isPlain ? String(scalar) : scalar.escaped(asASCII: true)
    }
    return result + (scalars.dropFirst(64).isEmpty ? "\"" : "…\"")
  }
}
