/// The secrets of one request, and how to keep them out of messages. Pure.
struct SensitiveText: Sendable {
  private let secrets: [String]

  init(_ request: HTTPRequest, user: String?, password: String?) {
    var found: [String] = []
    for field in request.headers.fields where SensitiveText.isTelling(field.name) {
      let value = String(decoding: field.value, as: UTF8.self)
      found.append(value)
      // "Bearer sk-…": what comes behind the scheme alone.
      if let blank = value.firstIndex(of: " ") { found.append(String(value[blank...].drop { $0 == " " })) }
    }
    found += SensitiveText.parameters(of: request.url)
    if let password { found.append(password) } else if let user { found.append(user) }
    secrets = found.filter { $0.utf8.count >= SensitiveText.shortest }.sorted { $0.utf8.count > $1.utf8.count }
  }

  /// The text without them, without any other user and password of a URL, and in one line.
  func cleaned(_ text: String) -> String {
    var text = String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
    for secret in secrets { text = text.replacing(secret, with: SensitiveText.mark) }
    return SensitiveText.withoutUsers(text)
  }

  private static let mark = "[redacted]"
  /// What is shorter stands in too many texts.
  private static let shortest = 4

  /// Whether a header or parameter of that name holds a secret.
  static func isTelling(_ name: String) -> Bool {
    let name = String(decoding: name.utf8.map(HTTPHeaders.lowercased), as: UTF8.self)
    return telling.contains { name.contains($0) } || name == "sig" || name == "pass" || name == "pwd" || name == "code"
  }

  private static let telling = [
    "auth", "key", "token", "secret", "password", "passwd", "cookie", "credential", "session", "signature", "jwt",
    "bearer",
  ]

  private static func parameters(of url: String) -> [String] {
    guard let mark = url.firstIndex(of: "?") else { return [] }
    let query = url[mark...].dropFirst().prefix { $0 != "#" }
    return query.split(whereSeparator: { $0 == "&" || $0 == ";" }).compactMap { parameter in
      guard let equal = parameter.firstIndex(of: "="), isTelling(String(parameter[..<equal])) else { return nil }
      return String(parameter[equal...].dropFirst())
    }
  }

  /// `https://user:password@host` without what stands before the host.
  private static func withoutUsers(_ text: String) -> String {
    var rest = text[...]
    var cleaned = ""
    while let place = rest.firstRange(of: "://") {
      cleaned += rest[..<place.upperBound]
      rest = rest[place.upperBound...]
      let authority = rest.prefix { !"/?# '\"".contains($0) }
      guard let at = authority.lastIndex(of: "@") else { continue }
      cleaned += mark
      rest = rest[at...]
    }
    return cleaned + rest
  }
}
