/// Dates as headers carry them.
enum HTTPDate {
  private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

  /// The three forms of RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`,
  /// `Sun Nov  6 08:49:37 1994`.
  static func parse(_ text: String) -> WallTime? {
    let words = ASCIIText.lowered(text).split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
    guard words.count >= 5 else { return nil }
    if words.count == 6, words[5] == "gmt" || words[5] == "utc" {
      return moment(day: words[1], month: words[2], year: words[3], time: words[4])
    }
    return words.count == 5 ? moment(day: words[2], month: words[1], year: words[4], time: words[3]) : nil
  }

  private static func moment(day: String, month: String, year: String, time: String) -> WallTime? {
    let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { ASCIIText.digits($0) }
    guard let day = ASCIIText.digits(day), let month = months.firstIndex(of: month), var year = ASCIIText.digits(year),
      clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2]
    else { return nil }
    if year < 100 { year += year < 70 ? 2000 : 1900 }
    return WallTime.utc(year, month + 1, day, hour, minute, second)
  }

  /// `2026-11-21T10:00:00Z`, also with a fraction, which is dropped, and with an offset.
  static func parseRFC3339(_ text: String) -> WallTime? {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int? { ASCIIText.digits(String(decoding: bytes[range], as: UTF8.self)) }
    guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] | 0x20 == 0x74, bytes[13] == 0x3A,
      bytes[16] == 0x3A, let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      let moment = WallTime.utc(year, month, day, hour, minute, second)
    else { return nil }
    var zone = 19
    if bytes[zone] == 0x2E {
      zone += 1
      while zone < bytes.count, (0x30...0x39).contains(bytes[zone]) { zone += 1 }
    }
    if zone == bytes.count - 1, bytes[zone] | 0x20 == 0x7A { return moment }
    guard zone == bytes.count - 6, bytes[zone] == 0x2B || bytes[zone] == 0x2D, bytes[zone + 3] == 0x3A,
      let hours = number(zone + 1..<zone + 3), let minutes = number(zone + 4..<zone + 6)
    else { return nil }
    let offset = Duration.seconds((hours * 60 + minutes) * 60)
    return moment.adding(bytes[zone] == 0x2B ? .zero - offset : offset)
  }
}
