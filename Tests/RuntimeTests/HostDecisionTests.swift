import Jobs
import LuaBindings
import Testing

@testable import Runtime

/// The pure parts of the script host.
@Suite struct HostDecisionTests {
  @Test(arguments: [
    ("250ms", 0.25), ("10s", 10), ("5m", 300), ("1h", 3600), ("1.5s", 1.5), ("1h30m", 5400), ("2d", 172_800), ("0s", 0),
  ])
  func aDurationCarriesItsUnit(_ text: String, _ seconds: Double) {
    #expect(DurationText.parse(text) == .milliseconds(Int(seconds * 1000)))
  }

  @Test(arguments: ["", "5 parsecs", "5", "ms", "-5s", "+5s", "5S", "1e3s", ".5s", "5.s", "5s ", "١s", "5ss"])
  func anythingElseIsNoDuration(_ text: String) { #expect(DurationText.parse(text) == nil) }

  @Test func timersFireInOrderOnceAndNotWhenCancelled() {
    var timers = TimerQueue<Int>()
    var generator = SystemRandomNumberGenerator()
    var expected: [(Int64, Int)] = []
    for token in 0..<2000 {
      let time = Int64.random(in: 0..<500, using: &generator)
      timers.set(token, at: MonotonicTime(nanoseconds: time))
      if token % 3 == 0 { timers.cancel(token) } else { expected.append((time, token)) }
    }
    expected.sort { ($0.0, $0.1) < ($1.0, $1.1) }
    var fired: [Int] = []
    while let next = timers.next() { fired += timers.expired(at: next) }
    #expect(fired == expected.map(\.1))
    #expect(timers.expired(at: MonotonicTime(nanoseconds: .max)).isEmpty)
  }

  @Test func aTimerThatIsSetAgainFiresAtItsNewTime() {
    var timers = TimerQueue<String>()
    timers.set("a", at: MonotonicTime(nanoseconds: 10))
    timers.set("a", at: MonotonicTime(nanoseconds: 20))
    #expect(timers.expired(at: MonotonicTime(nanoseconds: 15)).isEmpty)
    #expect(timers.expired(at: MonotonicTime(nanoseconds: 20)) == ["a"])
  }

  @Test func valuesBecomeJSONAndComeBack() {
    let table = LuaTable(
      array: [], fields: [("list", .table(LuaTable(array: [1, "two", 2.5, true]))), ("text", "é\"\\\n\u{1}")])
    let text = LuaJSON.text(.table(table))
    #expect(text == #"{"list":[1,"two",2.5,true],"text":"é\"\\\n\u0001"}"#)
    guard case .table(let back) = LuaJSON.decode(text) else {
      Issue.record("no table")
      return
    }
    #expect(back["text"] == table["text"])
    #expect(back["list"] == table["list"])
    #expect(LuaJSON.text(.number(.nan)) == "null")
    #expect(LuaJSON.text(.string([0xFF])) == "\"\u{FFFD}\"")
    #expect(LuaJSON.decode(#""\ud83d\ude00\u00e9""#) == "😀é")
  }

  @Test func aMistypedOptionIsNamedWithItsNeighbour() throws {
    let spec = LuaValue.table(LuaTable(fields: [("command", "true"), ("tiemout", "5m")]))
    let failure = #expect(throws: HostFailure.self) { try SpecReader.read(spec, subject: "task", origin: "") }
    guard case .misuse(let message) = failure else {
      Issue.record("no misuse")
      return
    }
    #expect(message == "task: unknown option 'tiemout' (given \"5m\"); did you mean 'timeout'?")
  }

  @Test func everyOptionThatIsNotThereYetIsRefusedByName() throws {
    for option in SpecReader.laterOptions {
      let spec = LuaValue.table(LuaTable(fields: [("command", "true"), (option, "x")]))
      let failure = #expect(throws: HostFailure.self) { try SpecReader.read(spec, subject: "task", origin: "") }
      guard case .misuse(let message) = failure else { continue }
      #expect(message.contains("'\(option)' is not there yet"))
    }
  }
}
