/// What somebody may have meant who wrote a name that is none.
enum NearestName {
  /// The name that takes the fewest changes, if they are few.
  static func of(_ name: String, among names: [String]) -> String? {
    let written = lowered(name)
    guard written.count <= 100 else { return nil }
    let most = max(1, (written.count + 2) / 3)
    var best: (name: String, distance: Int)?
    for candidate in names {
      let distance = self.distance(written, lowered(candidate))
      if distance <= most, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
  }

  private static func lowered(_ name: String) -> [UInt8] {
    name.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }

  /// The number of bytes to change, add or take away (Levenshtein).
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard abs(left.count - right.count) <= 40 else { return .max }
    var row = Array(0...right.count)
    for (line, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = line + 1
      for (column, other) in right.enumerated() {
        let change = diagonal + (byte == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(change, row[column] + 1, row[column + 1] + 1)
      }
    }
    return row[right.count]
  }
}
