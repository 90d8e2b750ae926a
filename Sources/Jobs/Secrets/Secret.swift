#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A value that is not to be written down, and the variable that it is the value of.
struct Secret: Hashable, Sendable {
  /// The variable's name, as it stands in place of the value.
  let name: String
  /// The value, or the part of it that is secret.
  let value: [UInt8]

  /// What is shorter says too little, and stands in too many texts.
  static let shortest = 6
  /// The same for one line of a value that has several, as a private key has.
  private static let shortestLine = 12
  /// The same for what stands alone before the host in an URL, where most have a mere user.
  private static let shortestUser = 16

  /// The secrets of one variable. `isListed`: the user says that it is one, whatever its name.
  static func all(of name: String, value: String, isListed: Bool) -> [Secret] {
    var parts: [[UInt8]] = []
    if isListed || (SecretName.isSecret(name) && !isHarmless(value)) { parts = whole(value) + lines(value) }
    parts += credentials(inURL: value)
    let shown = shownName(name)
    return parts.map { Secret(name: shown, value: $0) }
  }

  private static func whole(_ value: String) -> [[UInt8]] {
    let bytes = trimmed(Array(value.utf8)[...])
    return bytes.count < shortest ? [] : [Array(bytes)]
  }

  private static func lines(_ value: String) -> [[UInt8]] {
    let lines = value.utf8.split { $0 == 0x0A || $0 == 0x0D }
    guard lines.count > 1 else { return [] }
    return lines.map { trimmed(Array($0)[...]) }.filter { $0.count >= shortestLine }.map { Array($0) }
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let front = bytes.drop { $0 <= 0x20 }
    return front.prefix(front.count - front.reversed().prefix { $0 <= 0x20 }.count)
  }

  /// Values that stand in for a secret in examples and on developers' machines, or for none: to hide such a word wherever
  /// it stands would hide nothing and make records unreadable.
  private static let commonplace: Set<String> = [
    "password", "passwd", "secret", "changeme", "postgres", "default", "example", "enabled", "disabled", "required",
    "optional",
  ]

  /// Whether a value is no secret though its variable is named like one: a commonplace word, or the path of a file that is
  /// there (secrets in Base64 may begin with a slash as well).
  private static func isHarmless(_ value: String) -> Bool {
    commonplace.contains(value.lowercased()) || (value.hasPrefix("/") && access(value, F_OK) == 0)
  }

  /// The password of `scheme://user:password@host`, or what stands there without a user and is long enough for a token.
  private static func credentials(inURL value: String) -> [[UInt8]] {
    let bytes = Array(value.utf8)
    guard let scheme = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[scheme...].starts(with: "://".utf8) else {
      return []
    }
    let authority = bytes[(scheme + 3)...].prefix { !"/?# \t\n\"'".utf8.contains($0) }
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return [] }
    let user = authority[..<at]
    var secret = user
    if let colon = user.firstIndex(of: UInt8(ascii: ":")) {
      secret = user[(colon + 1)...]
      if secret.elementsEqual(user[..<colon]) { return [] }
    } else if user.count < shortestUser {
      return []
    }
    if commonplace.contains(String(decoding: secret, as: UTF8.self).lowercased()) { return [] }
    let decoded = EscapedText(percent: Array(secret))?.bytes
    return [Array(secret), decoded].compactMap(\.self).filter { $0.count >= shortest }
  }

  /// The name as it can stand in any text: a variable may be called anything.
  private static func shownName(_ name: String) -> String {
    let bytes = name.utf8.prefix(64).map { byte -> UInt8 in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): byte
      default: UInt8(ascii: "_")
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Secret {
  /// The byte sequences that give the secret away: itself, itself with `+` for blanks as in forms, and what any Base64
  /// text that holds it must hold, for the three places that it may begin at.
  var forms: [[UInt8]] {
    var forms = [value]
    if value.contains(0x20) { forms.append(value.map { $0 == 0x20 ? UInt8(ascii: "+") : $0 }) }
    for offset in 0..<3 {
      let standard = Base64.core(of: value, offset: offset)
      if standard.count < Secret.shortest { continue }
      forms.append(standard)
      let forURLs = standard.map { byte -> UInt8 in
        switch byte {
        case UInt8(ascii: "+"): UInt8(ascii: "-")
        case UInt8(ascii: "/"): UInt8(ascii: "_")
        default: byte
        }
      }
      if forURLs != standard { forms.append(forURLs) }
    }
    return forms
  }
}

/// Base64, as far as it is needed to find something in it.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The characters that depend on `value` alone, where it stands `offset` bytes behind a multiple of three.
  static func core(of value: [UInt8], offset: Int) -> [UInt8] {
    let bytes = [UInt8](repeating: 0, count: offset) + value
    return (0..<(bytes.count * 8 / 6)).compactMap { index in
      let bit = index * 6
      if bit < offset * 8 { return nil }
      let pair = UInt16(bytes[bit / 8]) << 8 | UInt16(bit / 8 + 1 < bytes.count ? bytes[bit / 8 + 1] : 0)
      return alphabet[Int(pair >> UInt16(10 - bit % 8)) & 0x3F]
    }
  }
}
