import Testing

@testable import WireText

@Suite struct JSONTests {
  @Test(arguments: [
    "0", "-0", "1e5", "-1.5E-3", "\"\"", #""\u00e9\n""#, "[]", "{}", " [1, {\"a\": null}] ", "true", "[[[]]]", "1E400",
    "123456789012345678901234567890", #""\ud800""#, #"{"":0}"#, "\"\u{7F}\"",
  ])
  func ValidTextIsTaken(_ text: String) throws { _ = try JSONReader.read(text) }

  @Test(arguments: [
    "", " ", "01", "+1", "1.", ".5", "1e", "-", "[1,]", "{\"a\":0,}", "{a:1}", "'a'", "\"\n\"", "\"\\x\"", "\"\\u12\"",
    "nul", "truee", "[1 2]", "{\"a\"}", "1 2", "NaN", "Infinity", "[", "\"", "{\"a\":", "\u{FEFF}1", "/**/1", "0x1",
    "\"\\", "\"\\u00", "-01", "[,1]", "{,}", "1e+", "\"\\ud83d\\u", "{\"a\":1,,}", "\u{A0}1",
  ])
  func InvalidTextIsRefused(_ text: String) { #expect(throws: JSONError.self) { try JSONReader.read(text) } }

  @Test func NumbersLoseNothing() throws {
    #expect(try JSONReader.read("9223372036854775807") == .integer(.max))
    #expect(try JSONReader.read("-9223372036854775808") == .integer(.min))
    #expect(try JSONReader.read("9223372036854775808").description == "9223372036854775808")
    #expect(try JSONReader.read("-0").description == "-0")
    #expect(try JSONReader.read("[1.10,1e2,9007199254740993]").description == "[1.10,1e2,9007199254740993]")
    #expect(try JSONReader.read("1e2").integer == 100)
    #expect(try JSONReader.read("1e999").double == .infinity)
    #expect(JSONValue.double(0.1).description == "0.1" && JSONValue.double(.nan) == .null)
    #expect(JSONValue.double(3).description == "3")
  }

  @Test func BrokenTextIsRepaired() throws {
    #expect(try JSONReader.read([0x22, 0xFF, 0x41, 0x22]).string == "\u{FFFD}A")
    #expect(try JSONReader.read(#""\ud83d\ude00""#).string == "😀")
    #expect(try JSONReader.read(#""\ud83dx\udc00\ud83d\ud83d\ude00""#).string == "\u{FFFD}x\u{FFFD}\u{FFFD}😀")
  }

  @Test func OrderIsKeptAndTheLastOfDoublesCounts() throws {
    let value = try JSONReader.read(#"{"b":1,"a":2,"b":3}"#)
    #expect(value.description == #"{"b":3,"a":2}"#)
    // Names are compared as bytes: U+212A is no K, and two spellings of é are two names.
    let names = try JSONReader.read("{\"K\":1,\"\u{212A}\":2,\"\u{E9}\":3,\"e\u{301}\":4}")
    #expect(names["K"] == 1 && names["\u{212A}"] == 2 && names["\u{E9}"] == 3 && names["e\u{301}"] == 4)
    var many = "{"
    for index in 0..<20_000 { many += "\"k\(index % 5000)\":\(index)," }
    let big = try JSONReader.read(many + "\"z\":0}")
    #expect(big.object?.members.count == 5001 && big["k4999"] == 19_999)
  }

  @Test func DepthIsLimitedWithoutACrash() throws {
    #expect(throws: JSONError(code: .tooDeep, offset: 256)) {
      try JSONReader.read(String(repeating: "[", count: 1_000_000))
    }
    _ = try JSONReader.read(String(repeating: "[", count: 256) + String(repeating: "]", count: 256))
  }

  @Test func WhatIsWrittenIsReadBack() throws {
    let value: JSONValue = [
      "text": "a\"\\\n\u{1}\u{7F}é😀", "list": [1, .null, true, [], [:]], "nested": ["x": .double(-2.5)],
    ]
    #expect(try JSONReader.read(value.description) == value)
  }
}
