/// Why an exchange over HTTP did not come about, or broke off. An answer is none, whatever its status.
///
/// No text of it holds a secret of the request: see `HTTPRequest`.
public struct HTTPError: Error, Sendable, Hashable {
  /// What went wrong, for code to decide by.
  public enum Code: Sendable, Hashable {
    /// The URL is none, or of a scheme other than http and https.
    case badURL
    /// The method, a header or another part of the request must not be sent.
    case badRequest
    /// libcurl is not there.
    case noLibrary
    /// The host's name leads nowhere.
    case dns
    /// Nobody takes the connection.
    case connect
    /// The connection cannot be made secure.
    case tls
    /// A limit of time was reached.
    case timeout(Limit)
    /// A limit of size was reached.
    case tooLarge(Part)
    /// The answer is not HTTP, or not as it was announced: an encoding that is broken, a body that ended too early.
    case protocolError
    /// The connection broke.
    case connectionLost
    /// A redirect that must not be followed, or one too many.
    case redirect
    /// A successful answer of another kind than was asked for: a web page where events were to come.
    case unexpectedContent
    /// The exchange was given up on this side.
    case cancelled
  }

  /// Which time was up.
  public enum Limit: String, Sendable, Hashable {
    /// Finding the host, connecting, and making the connection secure.
    case connect
    /// From the connection to the whole head of the answer.
    case firstByte = "first_byte"
    /// Between two pieces of the body.
    case idle
    /// All of it.
    case total
  }

  /// What was too large.
  public enum Part: String, Sendable, Hashable {
    /// The lines before the body.
    case head
    /// The body, after decompression.
    case body
  }

  /// What went wrong.
  public var code: Code
  /// Whom it went wrong with; nil where there is no host yet.
  public var host: String?
  /// What more is known: a phrase, a limit; may be empty.
  public var detail: String

  /// An error.
  public init(_ code: Code, host: String? = nil, detail: String = "") {
    self.code = code
    self.host = host
    self.detail = detail
  }
}

extension HTTPError: CustomStringConvertible {
  /// One sentence, without a full stop.
  public var description: String {
    let host = self.host ?? "the server"
    switch code {
    case .badURL: return "this URL cannot be used" + because
    case .badRequest: return "this request cannot be sent" + because
    case .noLibrary: return "HTTP needs libcurl, which is not installed (apt-get install libcurl4)" + because
    case .dns: return "the name \(host) leads to no address" + because
    case .connect: return "\(host) takes no connection" + because
    case .tls: return "there is no secure connection to \(host)" + because
    case .timeout(.connect): return "\(host) was not reached within \(detail)"
    case .timeout(.firstByte): return "\(host) did not begin to answer within \(detail)"
    case .timeout(.idle): return "\(host) sent nothing for \(detail)"
    case .timeout(.total): return "\(host) did not finish its answer within \(detail)"
    case .tooLarge(.head): return "the head of the answer of \(host) is larger than \(detail)"
    case .tooLarge(.body): return "the answer of \(host) is larger than \(detail)"
    case .protocolError: return "\(host) does not answer as HTTP wants it" + because
    case .connectionLost: return "the connection to \(host) broke" + because
    case .redirect: return "a redirect of \(host) is not followed" + because
    case .unexpectedContent: return "\(host) answers with something else than was asked for" + because
    case .cancelled: return "the exchange with \(host) was given up" + because
    }
  }

  private var because: String { detail.isEmpty ? "" : ": " + detail }
}

extension HTTPError.Code {
  /// One word for records and scripts: `dns`, `timeout`, `too_large`.
  public var word: String {
    switch self {
    case .badURL: "bad_url"
    case .badRequest: "bad_request"
    case .noLibrary: "no_library"
    case .dns: "dns"
    case .connect: "connect"
    case .tls: "tls"
    case .timeout: "timeout"
    case .tooLarge: "too_large"
    case .protocolError: "protocol"
    case .connectionLost: "connection_lost"
    case .redirect: "redirect"
    case .unexpectedContent: "unexpected_content"
    case .cancelled: "cancelled"
    }
  }
}
