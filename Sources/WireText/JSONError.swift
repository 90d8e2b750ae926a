/// Why bytes are no JSON value, and where.
public struct JSONError: Error, Hashable, Sendable {
  /// What is wrong.
  public enum Code: Hashable, Sendable {
    /// The bytes end inside a value.
    case ended
    /// A byte that may not stand there.
    case unexpected(UInt8)
    /// Something follows the value.
    case trailing
    /// The value lies deeper than the reader goes.
    case tooDeep
  }

  /// What is wrong.
  public let code: Code
  /// The byte it was seen at, from 0.
  public let offset: Int
}

extension JSONError: CustomStringConvertible {
  /// One clause, for the end of a sentence.
  public var description: String {
    switch code {
    case .ended: "the JSON text ends too early, after \(offset) bytes"
    case .unexpected(let byte) where (0x21..<0x7F).contains(byte):
      "no JSON text may have '\(Character(UnicodeScalar(byte)))' at byte \(offset)"
    case .unexpected(let byte): "no JSON text may have the byte \(byte) at byte \(offset)"
    case .trailing: "more follows the JSON value at byte \(offset)"
    case .tooDeep: "the JSON value is nested too deeply at byte \(offset)"
    }
  }
}
