/// One request over http or https.
///
/// What looks like a secret in it comes into no error: user and password of the URL, the values of headers and of
/// parameters of the query that are named like secrets (`authorization`, `x-api-key`, `?token=…`).
public struct HTTPRequest: Sendable {
  /// The method: GET unless said otherwise.
  public var method: String
  /// Where to. A user and a password in it become HTTP's basic authorization.
  public var url: String
  /// The head's fields. Host, length and encodings are the transport's business.
  public var headers: HTTPHeaders
  /// What is sent along; nil for no body.
  public var body: [UInt8]?
  /// How long and how large everything may be.
  public var limits: HTTPLimits
  /// How many redirects are followed; 0 returns the first one as the answer. To another host, port or scheme only
  /// harmless headers follow (`Accept`, `Content-Type`, …): nothing that authorizes. From https none leads to http.
  public var maxRedirects: Int
  /// Whether the body may come compressed (gzip, deflate); it is handed on decompressed.
  public var acceptsCompression: Bool
  /// Whether only addresses out in the open may be connected to: not this machine, not the networks around it, no cloud's
  /// metadata. What is connected to counts, also behind redirects. Where the environment names a proxy, all goes through that:
  /// then it is up to the proxy where names lead to, and only hosts that are such addresses themselves are refused.
  public var onlyPublic = false
  /// Whether redirects to another host are left to the caller: the answer that says so is returned.
  public var staysOnHost = false
  /// Media types that a successful answer may have, in small letters; any if empty.
  public var expectedTypes: [String]

  /// A request to get what is there.
  public init(url: String) { self.init("GET", url) }

  /// A request.
  public init(
    _ method: String, _ url: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8]? = nil,
    limits: HTTPLimits = HTTPLimits(), maxRedirects: Int = 0, acceptsCompression: Bool = true,
    expectedTypes: [String] = []
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.limits = limits
    self.maxRedirects = maxRedirects
    self.acceptsCompression = acceptsCompression
    self.expectedTypes = expectedTypes
  }
}

/// The bounds of one exchange. None of them can be left out, only set high.
public struct HTTPLimits: Sendable, Hashable {
  /// For finding the host, connecting and securing the connection.
  public var connect: Duration
  /// From there to the answer's whole head. What is still being sent counts from its last progress.
  public var firstByte: Duration
  /// Between two pieces of the body. While the reader lags behind, it does not count.
  public var idle: Duration
  /// For everything, redirects included.
  public var total: Duration
  /// Bytes of the body, after decompression.
  public var maxBodyBytes: Int
  /// Bytes of the answer's head, with what comes after the body.
  public var maxHeadBytes: Int

  /// Limits that fit most services.
  public init(
    connect: Duration = .seconds(15), firstByte: Duration = .seconds(120), idle: Duration = .seconds(120),
    total: Duration = .seconds(600), maxBodyBytes: Int = 64 << 20, maxHeadBytes: Int = 128 << 10
  ) {
    self.connect = connect
    self.firstByte = firstByte
    self.idle = idle
    self.total = total
    self.maxBodyBytes = maxBodyBytes
    self.maxHeadBytes = maxHeadBytes
  }
}

extension HTTPRequest {
  /// Refuses what would change the meaning of the message around it, or is the transport's to set.
  func check() throws(HTTPError) {
    guard !method.isEmpty, method.utf8.allSatisfy(HTTPRequest.isTokenByte) else {
      throw HTTPError(.badRequest, detail: "its method is no word of HTTP")
    }
    guard !url.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw HTTPError(.badURL, detail: "it has a control character in it")
    }
    guard url.utf8.count <= HTTPRequest.longestURL else {
      throw HTTPError(.badURL, detail: "it has more than \(HTTPRequest.longestURL) bytes")
    }
    for field in headers.fields {
      guard !field.name.isEmpty, field.name.utf8.allSatisfy(HTTPRequest.isTokenByte) else {
        throw HTTPError(.badRequest, detail: "a header has a name that HTTP does not allow")
      }
      guard !field.value.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) else {
        throw HTTPError(.badRequest, detail: "the header \(field.name) has a control character in it")
      }
      guard !HTTPRequest.reserved.contains(where: { HTTPHeaders.isSame($0, field.name) }) else {
        throw HTTPError(.badRequest, detail: "the header \(field.name) is set by the transport")
      }
    }
  }

  private static let longestURL = 64 << 10

  /// They say where a message ends, or change the protocol.
  private static let reserved = [
    "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "TE", "Trailer",
    "Expect", "HTTP2-Settings",
  ]

  /// RFC 9110, section 5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
