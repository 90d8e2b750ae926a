import FoundationEssentials
import Testing

@testable import Jobs

@Suite struct TextTests {
  @Test(arguments: [
    "0", "-0", "1e5", "-1.5E-3", "\"\"", #""\u00e9\n""#, "[]", "{}", " [1, {\"a\": null}] ", "true", "[[[]]]", "1E400",
  ])
  func ValidJSONIsTaken(_ text: String) { #expect(JSONText(validating: text) != nil) }

  @Test(arguments: [
    "", " ", "01", "+1", "1.", ".5", "1e", "-", "[1,]", "{\"a\":0,}", "{a:1}", "'a'", "\"\n\"", "\"\\x\"", "\"\\u12\"",
    "nul", "truee", "[1 2]", "{\"a\"}", "1 2", "NaN", "Infinity", "[", "\"", "{\"a\":", "\u{FEFF}1", "/**/1", "0x1",
  ])
  func InvalidJSONIsRefused(_ text: String) { #expect(JSONText(validating: text) == nil) }

  @Test func DeepJSONIsRefusedWithoutACrash() {
    #expect(JSONText(validating: String(repeating: "[", count: 200_000)) == nil)
    let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    #expect(JSONText(validating: deep) != nil)
  }

  @Test func TimesAreWrittenAsFoundationWritesThem() {
    var generator = SeededGenerator(7)
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    for _ in 0..<2000 {
      let time = Timestamp(milliseconds: Int64.random(in: -2_000_000_000_000...4_000_000_000_000, using: &generator))
      #expect(Timestamp(time.description) == time)
      let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1000)
      #expect(time.description.prefix(19) == date.formatted(style).prefix(19) || time.milliseconds % 1000 != 0)
    }
    #expect(Timestamp(milliseconds: 0).description == "1970-01-01T00:00:00.000Z")
    #expect(Timestamp(milliseconds: -1).description == "1969-12-31T23:59:59.999Z")
    #expect(Timestamp(milliseconds: 1_769_767_200_000).withoutFraction == "2026-01-30T10:00:00Z")
    #expect(Timestamp("2026-02-30T10:00:00Z") == nil)
    #expect(Timestamp("2024-02-29T10:00:00.5Z")?.milliseconds == 1_709_200_800_500)
    for text in [
      "", "2026-01-30", "2026-01-30T10:00:00", "2026-01-30T10:00:00.Z", "2026-01-30T24:00:00Z", "+026-01-30T10:00:00Z",
    ] {
      #expect(Timestamp(text) == nil)
    }
  }
}
