/// A duration as scripts, configurations and the command line write it: digits with units ("250ms", "1.5s", "10s", "5m",
/// "1h30m", "2d"), or a number of milliseconds.
public enum DurationText {
  /// What is accepted, for messages.
  public static let accepted = "a number of milliseconds, or a text such as \"250ms\", \"10s\", \"5m\" or \"1h\""

  private static let units: [(name: String, nanoseconds: Double)] = [
    ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("d", 86_400e9),
  ]

  /// The duration, or nil if the text is none. Signs, spaces inside and exponents are not accepted.
  public static func parse(_ text: some StringProtocol) -> Duration? {
    var rest = Array(text.utf8)[...]
    var total = 0.0
    if rest.isEmpty { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2E }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0 >= 0x61 && $0 <= 0x7A }
      rest = rest.dropFirst(unit.count)
      guard let first = digits.first, first != 0x2E, digits.last != 0x2E,
        let amount = Double(String(decoding: digits, as: UTF8.self)),
        let scale = units.first(where: { unit.elementsEqual($0.name.utf8) })
      else { return nil }
      total += amount * scale.nanoseconds
    }
    return of(nanoseconds: total)
  }

  /// The duration of this many milliseconds, or nil if it is negative or not a number.
  public static func milliseconds(_ amount: Double) -> Duration? {
    amount >= 0 ? of(nanoseconds: amount * 1e6) : nil
  }

  private static func of(nanoseconds: Double) -> Duration? {
    guard nanoseconds >= 0 else { return nil }
    // Longer than 292 years is for ever.
    return .nanoseconds(nanoseconds >= 9.2e18 ? Int64.max : Int64(nanoseconds))
  }
}
