internal import CCurl

/// Where a request goes, as libcurl itself reads the URL: no second opinion on what its host is.
struct HTTPTarget: Sendable, Hashable {
  /// "http" or "https".
  let scheme: String
  /// In small letters; an IPv6 address in brackets.
  let host: String
  let port: Int
  /// The whole URL without user, password and fragment.
  let url: String
  var user: String?
  var password: String?

  /// The host, with the port if it is not the scheme's own: for messages.
  var place: String { port == (scheme == "https" ? 443 : 80) ? host : "\(host):\(port)" }

  func isSameOrigin(as other: HTTPTarget) -> Bool { (scheme, host, port) == (other.scheme, other.host, other.port) }

  /// Reads a URL, or one relative to `base`. libcurl must be loaded.
  init(_ text: String, relativeTo base: HTTPTarget? = nil) throws(HTTPError) {
    guard let parser = ccurl_url_create() else { throw HTTPError(.badURL, detail: "there is no memory") }
    defer { ccurl_url_destroy(parser) }
    // libcurl would take the path of "http:///path" for a host, as browsers do.
    let start = text.utf8.prefix(9).map(HTTPHeaders.lowercased)
    for scheme in ["http:", "https:"] where start.starts(with: scheme.utf8) {
      guard start.starts(with: (scheme + "//").utf8), !start.starts(with: (scheme + "///").utf8) else {
        throw HTTPError(.badURL, detail: "it names no host")
      }
    }
    if let base { _ = ccurl_url_put(parser, CCURL_PART_URL, base.url) }
    guard ccurl_url_put(parser, CCURL_PART_URL, text) == 0 else {
      throw HTTPError(.badURL, detail: "it must look like https://host/path")
    }
    func part(_ part: ccurl_url_part) -> String? {
      guard let found = ccurl_url_part_of(parser, part) else { return nil }
      defer { ccurl_free(found) }
      return String(cString: found)
    }
    scheme = String(decoding: (part(CCURL_PART_SCHEME) ?? "").utf8.map(HTTPHeaders.lowercased), as: UTF8.self)
    guard scheme == "http" || scheme == "https" else {
      throw HTTPError(.badURL, detail: "only http and https are spoken, not \(HTTPTarget.shown(scheme))")
    }
    host = String(decoding: (part(CCURL_PART_HOST) ?? "").utf8.map(HTTPHeaders.lowercased), as: UTF8.self)
    guard !host.isEmpty, let port = part(CCURL_PART_PORT).flatMap({ Int($0) }), port > 0 else {
      throw HTTPError(.badURL, detail: "it names no host")
    }
    self.port = port
    user = part(CCURL_PART_USER)
    password = part(CCURL_PART_PASSWORD)
    for secret in [CCURL_PART_USER, CCURL_PART_PASSWORD, CCURL_PART_FRAGMENT] { _ = ccurl_url_put(parser, secret, nil) }
    guard let url = part(CCURL_PART_URL) else { throw HTTPError(.badURL) }
    self.url = url
  }

  private static func shown(_ scheme: String) -> String {
    scheme.isEmpty ? "without a scheme" : String(scheme.prefix(20))
  }
}

/// libcurl, or what to do without it.
enum CurlLibrary {
  /// Loads it at the first call; that takes some 15 ms.
  static func load() throws(HTTPError) {
    if ccurl_load() == 1 { return }
    throw HTTPError(.noLibrary, detail: ccurl_problem().map { String(cString: $0) } ?? "")
  }
}
