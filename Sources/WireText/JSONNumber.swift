/// A JSON number as it was spelled, so that big and long ones lose nothing on the way through.
public struct JSONNumber: Hashable, Sendable {
  /// The number's text, valid by RFC 8259.
  public let text: String

  /// Text that is known to be a JSON number.
  init(checked text: String) { self.text = text }

  /// The nearest `Double`; infinite when it is too large for one.
  public var double: Double { Double(text) ?? .nan }
}
