/// To whom a URL leads: scheme, host and port.
///
/// Only plain URLs are read, so that no two readers can disagree on the host: no user or password, no percent signs or
/// backslashes before the path, ASCII alone.
struct HTTPOrigin: Hashable, Sendable, CustomStringConvertible {
  let scheme: String
  /// In small letters; an IPv6 address in brackets.
  let host: String
  let port: Int

  /// The origin of a URL; nil for what is none.
  init?(of url: String) {
    let bytes = Array(url.utf8)
    guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !bytes.contains(0x5C) else { return nil }
    let parts = url.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].hasPrefix("//") else { return nil }
    scheme = HTTPOrigin.lowercased(parts[0])
    guard scheme == "http" || scheme == "https" else { return nil }
    let authority = parts[1].dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    var name = authority
    var digits: Substring?
    if authority.first == "[" {
      guard let close = authority.firstIndex(of: "]") else { return nil }
      name = authority[...close]
      let rest = authority[close...].dropFirst()
      if !rest.isEmpty {
        guard rest.first == ":" else { return nil }
        digits = rest.dropFirst()
      }
    } else if let colon = authority.firstIndex(of: ":") {
      name = authority[..<colon]
      digits = authority[colon...].dropFirst()
    }
    host = HTTPOrigin.lowercased(name)
    guard HTTPOrigin.isHost(host) else { return nil }
    if let digits {
      guard digits.utf8.count <= 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
        (1...65_535).contains(port)
      else { return nil }
      self.port = port
    } else {
      port = scheme == "https" ? 443 : 80
    }
  }

  private static func lowercased(_ text: Substring) -> String {
    String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
  }

  private static func isHost(_ host: String) -> Bool {
    if host.hasPrefix("[") {
      let inside = host.utf8.dropFirst().dropLast()
      return inside.contains(0x3A)
        && inside.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x3A || $0 == 0x2E }
    }
    return !host.isEmpty
      && host.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
      }
  }

  /// True for this very machine.
  var isLoopback: Bool {
    host == "localhost" || host == "[::1]"
      || (host.hasPrefix("127.") && host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E })
  }

  /// `https://host`, with the port if it is not the scheme's own.
  var description: String {
    let isUsual = port == (scheme == "https" ? 443 : 80)
    return "\(scheme)://\(host)\(isUsual ? "" : ":\(port)")"
  }
}
