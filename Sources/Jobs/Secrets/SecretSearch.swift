/// Finds secrets in bytes, many at once: a table of what they begin with rules out nearly every place by one look.
///
/// Invariant: every pattern has at least `Secret.shortest` bytes, of which the first four make its key.
final class SecretSearch: Sendable {
  /// Where a secret stands, and whose.
  struct Match: Hashable {
    var range: Range<Int>
    let name: String
  }

  private struct Pattern: Sendable {
    let bytes: [UInt8]
    let name: String
  }

  /// Less of a secret than this, at the end of a text that was cut, does not give it away.
  private static let shortestPart = 8

  let secrets: [Secret]
  /// Longest first.
  private let patterns: [Pattern]
  private let starts: [UInt32: [Int]]
  /// One bit for each hash of a key.
  private let filter: [UInt64]

  init(_ secrets: [Secret]) {
    self.secrets = secrets
    var seen: Set<[UInt8]> = []
    patterns =
      secrets.flatMap { secret in secret.forms.map { Pattern(bytes: $0, name: secret.name) } }
      .filter { seen.insert($0.bytes).inserted }
      .sorted { $0.bytes.count > $1.bytes.count }
    var starts: [UInt32: [Int]] = [:]
    var filter = [UInt64](repeating: 0, count: 1024)
    for (index, pattern) in patterns.enumerated() {
      let key = pattern.bytes[..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      starts[key, default: []].append(index)
      let hash = SecretSearch.hash(key)
      filter[hash >> 6] |= 1 << UInt64(hash & 63)
    }
    self.starts = starts
    self.filter = filter
  }

  private static func hash(_ key: UInt32) -> Int { Int((key &* 2_654_435_761) >> 16) }

  /// All places of secrets, written as they are or with escapes; none overlaps another, and they are in order.
  func matches(in text: [UInt8]) -> [Match] {
    var matches = plainMatches(in: text)
    for escaped in [EscapedText(percent: text), EscapedText(backslash: text)] {
      guard let escaped else { continue }
      matches += plainMatches(in: escaped.bytes).map { Match(range: escaped.origin(of: $0.range), name: $0.name) }
    }
    return merged(matches)
  }

  /// The end of a text that was cut there, if it is the beginning of a secret.
  func beginning(atEndOf text: [UInt8]) -> Match? {
    longest(in: text) { pattern, count in text.suffix(count).elementsEqual(pattern.prefix(count)) }
      .map { Match(range: (text.count - $0.count)..<text.count, name: $0.name) }
  }

  /// The beginning of a text that was cut there, if it is the end of a secret.
  func end(atStartOf text: [UInt8]) -> Match? {
    longest(in: text) { pattern, count in text.prefix(count).elementsEqual(pattern.suffix(count)) }
      .map { Match(range: 0..<$0.count, name: $0.name) }
  }

  private func longest(in text: [UInt8], _ fits: ([UInt8], Int) -> Bool) -> (count: Int, name: String)? {
    var best: (count: Int, name: String)?
    for pattern in patterns {
      let most = min(pattern.bytes.count - 1, text.count)
      let least = max(SecretSearch.shortestPart, (best?.count ?? 0) + 1)
      guard most >= least else { continue }
      let count = (least...most).reversed().first { fits(pattern.bytes, $0) }
      if let count { best = (count, pattern.name) }
    }
    return best
  }

  private func plainMatches(in text: [UInt8]) -> [Match] {
    guard text.count >= Secret.shortest else { return [] }
    var matches: [Match] = []
    text.withUnsafeBufferPointer { text in
      var key = UInt32(text[0]) << 16 | UInt32(text[1]) << 8 | UInt32(text[2])
      for start in 0...(text.count - 4) {
        key = key << 8 | UInt32(text[start + 3])
        let hash = SecretSearch.hash(key)
        guard filter[hash >> 6] & 1 << UInt64(hash & 63) != 0, let candidates = starts[key] else { continue }
        for index in candidates {
          let pattern = patterns[index].bytes
          let end = start + pattern.count
          guard end <= text.count, text[start..<end].elementsEqual(pattern) else { continue }
          // The longest comes first. Others may begin inside of it: nothing of them may stay either.
          matches.append(Match(range: start..<end, name: patterns[index].name))
          break
        }
      }
    }
    return matches
  }

  /// The matches in order; those that overlap become one, which is told by the name of the first.
  func merged(_ matches: [Match]) -> [Match] {
    guard matches.count > 1 else { return matches }
    var merged: [Match] = []
    let order = matches.sorted {
      ($0.range.lowerBound, $1.range.upperBound) < ($1.range.lowerBound, $0.range.upperBound)
    }
    for match in order {
      guard let last = merged.last, match.range.lowerBound < last.range.upperBound else {
        merged.append(match)
        continue
      }
      let end = max(last.range.upperBound, match.range.upperBound)
      merged[merged.count - 1].range = last.range.lowerBound..<end
    }
    return merged
  }
}
