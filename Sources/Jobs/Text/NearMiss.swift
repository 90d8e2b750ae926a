/// Finds what somebody probably meant to type.
public enum NearMiss {
  /// The candidates that are close to `word`, the closest first: at most a third of its letters differ, or they begin
  /// with it. Never more than `limit`.
  public static func all(for word: String, among candidates: [String], limit: Int = 3) -> [String] {
    let typed = Array(word.lowercased())
    guard !typed.isEmpty else { return [] }
    let allowed = max(1, typed.count / 3)
    let ranked = candidates.compactMap { candidate -> (distance: Int, name: String)? in
      let name = Array(candidate.lowercased())
      if typed.count >= 3, name.starts(with: typed) { return (0, candidate) }
      guard abs(name.count - typed.count) <= allowed else { return nil }
      let distance = distance(typed, name)
      return distance <= allowed && distance < typed.count ? (distance, candidate) : nil
    }
    return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit).map(\.name)
  }

  /// The closest candidate, or nil when none is near.
  public static func best(for word: String, among candidates: [String]) -> String? {
    all(for: word, among: candidates, limit: 1).first
  }

  /// Edit distance in which two swapped neighbours count once (optimal string alignment).
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i] + Array(repeating: 0, count: b.count)
      for j in 1...b.count {
        let substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        row[j] = min(last[j] + 1, row[j - 1] + 1, substitution)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          row[j] = min(row[j], beforeLast[j - 2] + 1)
        }
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
