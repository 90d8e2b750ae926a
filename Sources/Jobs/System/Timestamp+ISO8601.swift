extension Timestamp: CustomStringConvertible, Codable {
  /// `2026-01-30T10:00:00.123Z`. Years outside 0…9999 are clamped: the form has four digits.
  public var description: String { String(decoding: iso8601Bytes(fraction: true), as: UTF8.self) }

  /// `2026-01-30T10:00:00Z`, the form of the markers in an output file.
  public var withoutFraction: String { String(decoding: iso8601Bytes(fraction: false), as: UTF8.self) }

  /// Reads `YYYY-MM-DDTHH:MM:SS[.fff…]Z`; nil for anything else. Digits beyond milliseconds are dropped.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return nil }
    for (index, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] where bytes[index] != mark.utf8.first {
      return nil
    }
    func number(_ range: Range<Int>) -> Int64? {
      var value: Int64 = 0
      for byte in bytes[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - UInt8(ascii: "0"))
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
    else { return nil }
    var fraction: Int64 = 0
    if bytes.count > 20 {
      guard bytes[19] == UInt8(ascii: "."), bytes.count > 21, bytes.count <= 30 else { return nil }
      guard number(20..<bytes.count - 1) != nil else { return nil }
      let digits = bytes[20..<min(23, bytes.count - 1)]
      for place in 0..<3 {
        let digit = place < digits.count ? Int64(digits[20 + place] - UInt8(ascii: "0")) : 0
        fraction = fraction * 10 + digit
      }
    }
    let days = Timestamp.days(year: year, month: month, day: day)
    guard Timestamp.date(days: days) == (year, month, day) else { return nil }
    self.init(milliseconds: ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + fraction)
  }

  /// Reads the ISO 8601 form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = Timestamp(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an ISO 8601 time in UTC")
    }
    self = value
  }

  /// Writes the ISO 8601 form with milliseconds.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  func iso8601Bytes(fraction: Bool) -> [UInt8] {
    let millisecondsOfDay: Int64 = 86_400_000
    let lowest = Timestamp.days(year: 0, month: 1, day: 1) * millisecondsOfDay
    let highest = Timestamp.days(year: 10_000, month: 1, day: 1) * millisecondsOfDay - 1
    let clamped = min(max(milliseconds, lowest), highest)
    var days = clamped / millisecondsOfDay
    var rest = clamped % millisecondsOfDay
    if rest < 0 {
      rest += millisecondsOfDay
      days -= 1
    }
    let (year, month, day) = Timestamp.date(days: days)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(24)
    func put(_ value: Int64, _ width: Int, then mark: Unicode.Scalar) {
      var divisor: Int64 = width == 4 ? 1000 : width == 3 ? 100 : 10
      while divisor > 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
        divisor /= 10
      }
      bytes.append(UInt8(ascii: mark))
    }
    put(year, 4, then: "-")
    put(month, 2, then: "-")
    put(day, 2, then: "T")
    put(rest / 3_600_000, 2, then: ":")
    put(rest / 60_000 % 60, 2, then: ":")
    put(rest / 1000 % 60, 2, then: fraction ? "." : "Z")
    if fraction { put(rest % 1000, 3, then: "Z") }
    return bytes
  }

  // Days since 1970 of a date of the proleptic Gregorian calendar, and back: Howard Hinnant, "chrono-Compatible
  // Low-Level Date Algorithms" (days_from_civil, civil_from_days).
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, day)
  }
}
