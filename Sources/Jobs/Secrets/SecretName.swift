/// Which environment variables hold secrets, by their names. Pure.
///
/// A name is cut into words at everything but letters and digits, and where a small letter meets a capital one; case does
/// not count, nor do digits at a word's end. A name tells of a secret if one of its words does (`KEY`, `TOKEN`, `AUTH`, …) or
/// ends like one (`PGPASSWORD`). It does not if another word says that the value is something about a secret: a place
/// (`SSH_AUTH_SOCK`, `TLS_KEY_FILE`), a kind (`AUTH_TYPE`), a number (`MAX_TOKENS`), or for everybody's eyes (`PUBLIC_KEY`).
public enum SecretName {
  /// The variable that lists the names of further variables, separated by commas, whose values are secrets.
  public static let listing = "AGENTSCRIPT_SECRETS"

  /// Whether a variable of that name holds a secret.
  public static func isSecret(_ name: String) -> Bool {
    let words = words(of: name)
    guard let last = words.last, words.contains(where: { isTelling($0, isAlone: words.count == 1) }) else {
      return false
    }
    return !descriptions.contains(last) && !words.contains(where: harmless.contains)
  }

  /// The names in the value of `listing`.
  public static func listed(in value: String) -> [String] {
    value.split { $0 == "," || $0 == ":" || $0.isWhitespace }.map(String.init)
  }

  private static func isTelling(_ word: String, isAlone: Bool) -> Bool {
    // PWD alone is the working directory, MYSQL_PWD a password.
    telling.contains(word) || endings.contains(where: word.hasSuffix) || (word == "PWD" && !isAlone)
  }

  /// Words that tell of a secret.
  private static let telling: Set<String> = [
    "KEY", "KEYS", "TOKEN", "TOKENS", "SECRET", "SECRETS", "PASSWORD", "PASSWORDS", "PASSWD", "PASSPHRASE", "PASS",
    "CREDENTIAL", "CREDENTIALS", "CREDS", "AUTH", "AUTHORIZATION", "BEARER", "COOKIE", "COOKIES", "JWT", "PAT",
  ]

  /// Ends of words that tell of one. Not KEY, with which MONKEY ends too.
  private static let endings = [
    "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS", "SSHPASS", "APIKEY",
    "ACCESSKEY", "SECRETKEY", "PRIVATEKEY", "AUTHKEY", "SIGNINGKEY", "ENCRYPTIONKEY",
  ]

  /// Last words that say that the value is something about a secret.
  private static let descriptions: Set<String> = [
    "FILE", "FILES", "FILENAME", "PATH", "PATHS", "DIR", "DIRS", "DIRECTORY", "FOLDER", "HOME", "SOCK", "SOCKET",
    "PROGRAM", "COMMAND", "CMD", "HELPER", "STORE", "BACKEND", "PROVIDER", "URL", "URI", "ENDPOINT", "HOST", "HOSTNAME",
    "PORT", "USER", "USERNAME", "NAME", "TYPE", "METHOD", "MODE", "SCHEME", "FORMAT", "ALGORITHM", "ALG", "VERSION",
    "REGION", "TTL", "EXPIRES", "EXPIRY", "EXPIRATION", "TIMEOUT", "LENGTH", "SIZE", "COUNT", "LIMIT", "ENABLED",
    "DISABLED", "REQUIRED",
  ]

  /// Words that, wherever they stand, say that the value is none.
  private static let harmless: Set<String> = ["MAX", "MIN", "NUM", "PUBLIC", "PUBLISHABLE"]

  private static func words(of name: String) -> [String] {
    var words: [[UInt8]] = [[]]
    var before: UInt8 = 0
    for byte in name.utf8 {
      let isWord = isLetter(byte) || isDigit(byte)
      let isHump = isCapital(byte) && isSmall(before)
      if !isWord || isHump { words.append([]) }
      if isWord { words[words.count - 1].append(isSmall(byte) ? byte - 0x20 : byte) }
      before = byte
    }
    return words.compactMap { word in
      var word = word
      while let last = word.last, isDigit(last) { word.removeLast() }
      return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
    }
  }

  private static func isSmall(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
  private static func isCapital(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { isSmall(byte) || isCapital(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
