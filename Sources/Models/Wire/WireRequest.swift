/// An HTTP request that is ready to be sent by POST. Its headers hold the key: descriptions show their names alone.
public struct WireRequest: Hashable, Sendable {
  /// Where it goes.
  public var url: String
  /// Its headers.
  public var headers: HTTPHeaders
  /// Its body, JSON.
  public var body: [UInt8]
}

extension WireRequest: CustomStringConvertible, CustomDebugStringConvertible {
  /// One line without any value of a header.
  public var description: String {
    "POST \(url) (\(headers.fields.map(\.name).joined(separator: ", ")); \(body.count) bytes)"
  }

  /// The same.
  public var debugDescription: String { description }
}
