import Testing
import WireText

/// After the tests of the Web Platform (eventsource/format-*), which are the standard's own.
@Suite struct ServerSentEventTests {
  private func data(_ text: String) -> [String] { events(text).map { String(decoding: $0.data, as: UTF8.self) } }

  private func events(_ text: String, cut: Int? = nil) -> [ServerSentEvent] {
    var decoder = ServerSentEventDecoder()
    var events: [ServerSentEvent] = []
    let bytes = Array(text.utf8)
    for piece in cut.map({ [bytes[..<$0], bytes[$0...]] }) ?? [bytes[...]] {
      try? decoder.feed(Array(piece), into: &events)
    }
    return events
  }

  @Test(
    arguments: [
      ("\u{FEFF}data:1\n\n\u{FEFF}data:2\n\ndata:3\n\n", ["1", "3"]),
      ("data:\n\ndata\ndata\n\ndata:test\n\n", ["", "\n", "test"]),
      ("data:test\r\ndata\ndata:test\r\n\r\n", ["test\n\ntest"]),
      ("data:test\r\rdata:two\n\n", ["test", "two"]),
      ("data:test\n", []), ("data:test", []), ("data:test\n\ndata:cut", ["test"]),
      ("data: one\ndata:  two\n\n", ["one\n two"]), ("data:\tx\n\n", ["\tx"]),
      (":comment\n:\n: data: x\n\ndata:1\n:c\n\n", ["1"]), ("data:1\n:\u{0}\ndata:2\n\n", ["1\n2"]),
      ("Data:x\n\n data:y\n\ndata :z\n\ndata:1\n\n", ["1"]), ("event: x\n\ndata:1\n\n", ["1"]),
      ("data:a:b\n\n", ["a:b"]), ("\n\n\ndata:1\n\n\n\n", ["1"]), ("data:\u{2028}x\u{85}y\n\n", ["\u{2028}x\u{85}y"]),
      ("data:ends with CR\r\r", ["ends with CR"]), ("data: \u{0}\n\n", ["\u{0}"]), ("", []), ("\r\n\r\n", []),
    ] as [(String, [String])])
  func FieldsAreReadAsTheStandardSays(_ text: String, _ expected: [String]) {
    #expect(data(text) == expected)
    for cut in 0...text.utf8.count { #expect(events(text, cut: cut) == events(text), "cut at \(cut)") }
  }

  @Test func NamesAndIdsAreKept() {
    let found = events("id: 1\nevent: add\ndata: x\n\ndata: y\n\nid: 2\u{0}3\ndata: z\n\nid\ndata: w\n\n")
    #expect(found.map { String(decoding: $0.name, as: UTF8.self) } == ["add", "", "", ""])
    #expect(found.map { String(decoding: $0.lastID, as: UTF8.self) } == ["1", "1", "1", ""])
  }

  @Test func OnlyDigitsAreATime() throws {
    for (text, expected) in [("3000", 3000), ("+5", nil), ("5s", nil), ("", nil), ("99999999999999999999", nil)] {
      var decoder = ServerSentEventDecoder()
      var events: [ServerSentEvent] = []
      try decoder.feed(Array("retry: \(text)\n".utf8), into: &events)
      #expect(decoder.retryMilliseconds == expected)
    }
  }

  @Test func LinesAndEventsHaveTheirLimits() throws {
    var decoder = ServerSentEventDecoder(maxLine: 10, maxEvent: 12)
    var events: [ServerSentEvent] = []
    try decoder.feed(Array("data:12345\n\n".utf8), into: &events)
    #expect(throws: ServerSentEventError.lineTooLong(limit: 10)) {
      try decoder.feed(Array("data:2\n\ndata:123456\n".utf8), into: &events)
    }
    #expect(events.map { String(decoding: $0.data, as: UTF8.self) } == ["12345", "2"])
    #expect(throws: ServerSentEventError.lineTooLong(limit: 10)) { try decoder.feed([0x0A], into: &events) }
    var second = ServerSentEventDecoder(maxLine: 10, maxEvent: 12)
    #expect(throws: ServerSentEventError.eventTooLong(limit: 12)) {
      try second.feed(Array("data:12345\ndata:12345\ndata:12345\n".utf8), into: &events)
    }
  }

  @Test func ACarriageReturnAloneEndsItsEventAtOnce() throws {
    var decoder = ServerSentEventDecoder()
    var events: [ServerSentEvent] = []
    try decoder.feed(Array("data: x\r\n\r".utf8), into: &events)
    #expect(events.count == 1)
    try decoder.feed(Array("\ndata: y\n\n".utf8), into: &events)
    #expect(events.count == 2)
  }
}
