#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Takes the values of secret environment variables out of what we write down: pure, texts in, texts out.
///
/// A value is found as it is, in Base64, percent-encoded, and escaped as in JSON, also inside of longer texts, and is
/// replaced by `[redacted NAME]`. Values of fewer than 6 bytes are left, and so is what was changed in any other way: it is
/// a net under mistakes, not a wall against a job that wants to tell a secret.
public struct Redaction: Sendable {
  /// The ends at which a text was cut, so that a part of a secret may stand there.
  public struct Cuts: OptionSet, Sendable {
    /// The set as bits.
    public let rawValue: Int

    /// A set by its bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// There was more before it.
    public static let start = Cuts(rawValue: 1)
    /// There was more behind it.
    public static let end = Cuts(rawValue: 2)
  }

  private let listed: Set<String>
  /// Nil where there is nothing to find.
  private let search: SecretSearch?

  /// Knows no secrets, and changes nothing.
  public static let none = Redaction(listed: [], search: nil)

  private init(listed: Set<String>, search: SecretSearch?) {
    self.listed = listed
    self.search = search
  }

  /// Knows the secrets of an environment, by the rule of `SecretName` and by the list in its `AGENTSCRIPT_SECRETS`.
  public init(environment: some Sequence<(name: String, value: String)>) {
    let variables = Array(environment)
    let listed = variables.last { $0.name == SecretName.listing }.map { Set(SecretName.listed(in: $0.value)) } ?? []
    self = Redaction(listed: listed, search: nil).knowing(variables)
  }

  /// Knows the secrets of this process's environment as it is now, those of the further `listed` variables included.
  public static func ofThisProcess(listed: [String] = []) -> Redaction {
    let known = Redaction(environment: variablesOfThisProcess())
    return listed.isEmpty ? known : known.listing(listed)
  }

  /// The same, with further names whose values are secrets: in this process's environment, and among variables that it is told of
  /// later.
  public func listing(_ names: [String]) -> Redaction {
    let more = Redaction(listed: listed.union(names), search: search)
    return more.knowing(Redaction.variablesOfThisProcess().filter { names.contains($0.name) })
  }

  private static func variablesOfThisProcess() -> [(name: String, value: String)] {
    var variables: [(name: String, value: String)] = []
    var next = environ
    while let entry = next.pointee {
      next += 1
      guard let equals = strchr(entry, Int32(UInt8(ascii: "="))) else { continue }
      let name = UnsafeBufferPointer(start: entry, count: equals - entry)
      variables.append(
        (String(decoding: name.map { UInt8(bitPattern: $0) }, as: UTF8.self), String(cString: equals + 1)))
    }
    return variables
  }

  /// The same with the secrets among further variables.
  public func knowing(_ variables: some Sequence<(name: String, value: String)>) -> Redaction {
    let known = search?.secrets ?? []
    var seen = Set(known.map(\.value))
    let new = variables.flatMap { name, value in
      Secret.all(of: name, value: value, isListed: listed.contains(name))
    }.filter { seen.insert($0.value).inserted }
    return new.isEmpty ? self : Redaction(listed: listed, search: SecretSearch(known + new))
  }

  /// Whether there is nothing to find.
  public var isEmpty: Bool { search == nil }

  /// The variables that hold secrets, sorted.
  public var names: [String] { Set((search?.secrets ?? []).map(\.name)).sorted() }

  /// How many secrets are known.
  var count: Int { search?.secrets.count ?? 0 }

  // MARK: Use

  /// The text without secrets.
  public func text(_ text: String, cut: Cuts = []) -> String {
    guard search != nil else { return text }
    let bytes = Array(text.utf8)
    return redacted(bytes, cut).map { String(decoding: $0, as: UTF8.self) } ?? text
  }

  /// The bytes without secrets.
  public func bytes(_ bytes: [UInt8], cut: Cuts = []) -> [UInt8] {
    search == nil ? bytes : redacted(bytes, cut) ?? bytes
  }

  /// The JSON value without secrets. Where one was a number or spanned several values, a string stands for it.
  func json(_ value: JSONText) -> JSONText {
    guard let search else { return value }
    let bytes = Array(value.text.utf8)
    let matches = search.matches(in: bytes)
    guard let first = matches.first else { return value }
    var isInString = false
    var isEscaped = false
    var place = 0
    let result = Redaction.replaced(bytes, matches) { match in
      for byte in bytes[place..<match.range.lowerBound] {
        if isInString && !isEscaped && byte == UInt8(ascii: "\\") {
          isEscaped = true
          continue
        }
        if byte == UInt8(ascii: "\""), !isEscaped { isInString.toggle() }
        isEscaped = false
      }
      place = match.range.upperBound
      return isInString ? Redaction.mark(match.name) : "\"\(Redaction.mark(match.name))\""
    }
    return JSONText(validating: String(decoding: result, as: UTF8.self))
      ?? JSONText(fromRegistry: "\"\(Redaction.mark(first.name))\"")
  }

  private static func mark(_ name: String) -> String { "[redacted \(name)]" }

  /// Nil if there is nothing to replace.
  private func redacted(_ bytes: [UInt8], _ cut: Cuts) -> [UInt8]? {
    guard let search else { return nil }
    var matches = search.matches(in: bytes)
    let edges = [
      cut.contains(.start) ? search.end(atStartOf: bytes) : nil,
      cut.contains(.end) ? search.beginning(atEndOf: bytes) : nil,
    ].compactMap(\.self)
    if !edges.isEmpty { matches = search.merged(matches + edges) }
    return matches.isEmpty ? nil : Redaction.replaced(bytes, matches) { Redaction.mark($0.name) }
  }

  private static func replaced(
    _ bytes: [UInt8], _ matches: [SecretSearch.Match], by text: (SecretSearch.Match) -> String
  ) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var place = 0
    for match in matches {
      result += bytes[place..<match.range.lowerBound]
      result += Array(text(match).utf8)
      place = match.range.upperBound
    }
    return result + bytes[place...]
  }
}

extension Redaction: Hashable {
  /// The same secrets, known in the same order.
  public static func == (left: Redaction, right: Redaction) -> Bool {
    left.search === right.search || left.search?.secrets == right.search?.secrets
  }

  /// Feeds what equal ones have in common.
  public func hash(into hasher: inout Hasher) { hasher.combine(count) }
}
