/// A URL in the one spelling that permissions are compared with and that is fetched: scheme and host in small letters, no port that
/// goes without saying, no dot behind the host, a path.
struct WebURL: Hashable, Sendable {
  let text: String

  /// Refuses what has several readings: users and passwords, hosts with escapes or letters beyond ASCII, paths that go up.
  init(_ url: String) throws(WebFetchFailure) {
    let bytes = Array(url.utf8)
    let lowered = bytes.prefix(8).map(WebURL.lowered)
    let scheme: String
    if lowered.starts(with: "https://".utf8) {
      scheme = "https"
    } else if lowered.starts(with: "http://".utf8) {
      scheme = "http"
    } else {
      throw WebFetchFailure("only URLs that begin with http:// or https:// are fetched")
    }
    guard bytes.count <= 8192, bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
      throw WebFetchFailure("the URL has characters in it that no URL has, or is too long")
    }
    let rest = bytes.dropFirst(scheme.utf8.count + 3)
    let authority = rest.prefix { !"/?#".utf8.contains($0) }
    let after = rest[authority.endIndex...].prefix { $0 != UInt8(ascii: "#") }
    guard !authority.contains(UInt8(ascii: "@")) else {
      throw WebFetchFailure("a URL with a user or a password in it is not fetched")
    }
    guard authority.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "%") }) else {
      throw WebFetchFailure(
        "the URL's host has to be written in ASCII, international names as xn--…, and without escapes")
    }
    let host = try WebURL.host(Array(authority), scheme: scheme)
    let path = after.prefix { $0 != UInt8(ascii: "?") }
    guard !WebURL.goesUp(path) else { throw WebFetchFailure("the URL's path has '.' or '..' in it") }
    let slash = path.isEmpty ? "/" : ""
    text = "\(scheme)://\(host)\(slash)\(String(decoding: after, as: UTF8.self))"
  }

  private static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

  private static func host(_ authority: [UInt8], scheme: String) throws(WebFetchFailure) -> String {
    var host = authority.map(lowered)[...]
    var port = ""
    // The colons of an IPv6 address stand in brackets.
    if let colon = host.lastIndex(of: UInt8(ascii: ":")), !host[colon...].contains(UInt8(ascii: "]")) {
      let digits = host[(colon + 1)...].drop { $0 == UInt8(ascii: "0") }
      guard digits.count <= 5, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw WebFetchFailure("the URL's port is none")
      }
      port = String(decoding: digits, as: UTF8.self)
      host = host[..<colon]
    }
    while host.last == UInt8(ascii: ".") { host = host.dropLast() }
    guard !host.isEmpty else { throw WebFetchFailure("the URL names no host") }
    let name = String(decoding: host, as: UTF8.self)
    return port.isEmpty || port == (scheme == "https" ? "443" : "80") ? name : name + ":" + port
  }

  /// True if a name of the path is `.` or `..`, escaped or not.
  private static func goesUp(_ path: ArraySlice<UInt8>) -> Bool {
    path.split(separator: UInt8(ascii: "/")).contains { name in
      let plain = String(decoding: name.map(lowered), as: UTF8.self).replacing("%2e", with: ".")
      return plain == "." || plain == ".."
    }
  }
}
