/// Durations as people write and read them.
enum DurationText {
  /// Reads `250ms`, `10s`, `1.5h`, `2d`; a bare number is milliseconds, as in scripts. Nil for anything else, for a
  /// negative duration and for one above a thousand years.
  static func parse(_ text: String) -> Duration? {
    guard let (number, unit) = split(text) else { return nil }
    let milliseconds: Double
    switch unit {
    case "", "ms": milliseconds = number
    case "s": milliseconds = number * 1000
    case "m": milliseconds = number * 60_000
    case "h": milliseconds = number * 3_600_000
    case "d": milliseconds = number * 86_400_000
    default: return nil
    }
    guard milliseconds < 3.2e13 else { return nil }
    return .milliseconds(Int64(milliseconds.rounded()))
  }

  /// What `parse` accepts, for messages.
  static let accepted = "a number and a unit, as in 250ms, 10s, 5m, 1.5h or 30d"

  /// A span in at most two units: `0.8s`, `12s`, `3m 20s`, `2h 5m`, `3d 4h`.
  static func short(milliseconds: Int) -> String {
    let milliseconds = max(0, milliseconds)
    switch milliseconds {
    case ..<1000: return "\(milliseconds)ms"
    case ..<10_000: return "\(milliseconds / 1000).\(milliseconds % 1000 / 100)s"
    default: break
    }
    let seconds = milliseconds / 1000
    switch seconds {
    case ..<60: return "\(seconds)s"
    case ..<3600: return pair(seconds / 60, "m", seconds % 60, "s")
    case ..<86_400: return pair(seconds / 3600, "h", seconds % 3600 / 60, "m")
    default: return pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
    }
  }

  /// The same in whole seconds, for what still counts: `3s`, `3m 20s`.
  static func whole(milliseconds: Int) -> String {
    milliseconds < 10_000 ? "\(max(0, milliseconds) / 1000)s" : short(milliseconds: milliseconds)
  }

  /// How long ago something was, in one unit: `now`, `12s ago`, `3m ago`, `5h ago`, `2d ago`. A clock that went back
  /// gives `now`.
  static func ago(milliseconds: Int) -> String {
    let seconds = milliseconds / 1000
    return switch seconds {
    case ..<2: "now"
    case ..<100: "\(seconds)s ago"
    case ..<6000: "\(seconds / 60)m ago"
    case ..<172_800: "\(seconds / 3600)h ago"
    default: "\(seconds / 86_400)d ago"
    }
  }

  /// A size in three digits at most: `812 B`, `1.4 KiB`, `23 MiB`.
  static func size(bytes: Int) -> String {
    guard bytes >= 1024 else { return "\(max(0, bytes)) B" }
    // Two steps: bytes * 10 would overflow for what a 64-bit size can be.
    var tenths = bytes / 1024 * 10 + bytes % 1024 * 10 / 1024
    for unit in ["KiB", "MiB", "GiB"] {
      if tenths < 100 { return "\(tenths / 10).\(tenths % 10) \(unit)" }
      if tenths < 10_240 { return "\(tenths / 10) \(unit)" }
      tenths /= 1024
    }
    return "\(tenths / 10) TiB"
  }

  private static func pair(_ big: Int, _ bigUnit: String, _ small: Int, _ smallUnit: String) -> String {
    small == 0 ? "\(big)\(bigUnit)" : "\(big)\(bigUnit) \(small)\(smallUnit)"
  }

  /// A plain decimal number and the letters after it.
  private static func split(_ text: String) -> (Double, String)? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let first = digits.first, first != ".", digits.last != ".", let number = Double(String(digits)) else {
      return nil
    }
    let unit = text[digits.endIndex...].drop { $0 == " " }
    return (number, String(unit))
  }
}
