/// The name of a decision: `d-` and six random characters of Crockford's base 32, in lower case.
public struct DecisionID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The id as text.
  public let rawValue: String

  /// A new random id. The registry refuses a second use, and the caller draws again.
  public static func random() -> DecisionID { DecisionID(fromRegistry: "d-" + RunID.random().suffix) }

  /// Nil unless `text` has the form of a decision's id.
  public init?(_ text: String) {
    guard text.hasPrefix("d-"), RunID("r-" + text.dropFirst(2)) != nil else { return nil }
    rawValue = text
  }

  /// An id that was drawn here, or that the registry's own constraint has checked.
  init(fromRegistry text: String) { rawValue = text }

  /// The id as text.
  public var description: String { rawValue }

  /// Orders ids by their bytes.
  public static func < (lhs: DecisionID, rhs: DecisionID) -> Bool { lhs.rawValue < rhs.rawValue }
}
