import Testing

@testable import Models

/// What the transport decides without any network.
@Suite struct TransferDecisionTests {
  private func bytes<R>(_ text: String, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    Array(text.utf8).withUnsafeBytes(body)
  }

  // MARK: The clock

  private let limits = HTTPLimits(
    connect: .seconds(10), firstByte: .seconds(4), idle: .seconds(2), total: .seconds(30))
  private let second: Int64 = 1_000_000_000

  @Test func eachPhaseHasItsLimit() {
    var clock = TransferClock(limits: limits, start: 0)
    #expect(clock.next == (10 * second, .connect))
    clock.connected(at: 3 * second)
    #expect(clock.next == (7 * second, .firstByte))
    clock.sent(at: 5 * second)
    #expect(clock.next == (9 * second, .firstByte))
    clock.received(at: 6 * second)
    #expect(clock.next == (8 * second, .idle))
    clock.held()
    #expect(clock.next == (30 * second, .total))
    clock.received(at: 29 * second)
    #expect(clock.next == (30 * second, .total))
  }

  /// Whenever the connection came about, somebody looks before the limit that counts from there, or at it.
  @Test func aLimitIsLookedAtInTime() {
    for connected in stride(from: 0, to: 10 * second, by: Int(second) / 4) {
      var clock = TransferClock(limits: limits, start: 0), time: Int64 = 0
      while true {
        time = clock.nextLook
        if connected <= time { clock.connected(at: connected) } else { clock.connecting(at: time) }
        if clock.next.time <= time { break }
      }
      #expect(time == connected + 4 * second)
      #expect(clock.next.limit == .firstByte)
    }
  }

  @Test func lengthsAreSaidShortly() {
    let texts = [
      (Duration.milliseconds(250), "250 ms"), (.seconds(1), "1 s"), (.milliseconds(1500), "1.5 s"),
      (.seconds(600), "600 s"),
    ]
    for (duration, text) in texts { #expect(TransferClock.text(duration) == text) }
    var clock = TransferClock(limits: HTTPLimits(total: .seconds(Int.max)), start: 5)
    clock.held()
    #expect(clock.next.time == .max)
  }

  // MARK: The state

  @Test func bytesWaitUpToABound() {
    var state = TransferState()
    let piece = [UInt8](repeating: 1, count: 100 << 10)
    func deliver() -> Bool { piece.withUnsafeBytes { state.deliver($0) } }
    let delivered = [deliver(), deliver(), deliver(), deliver()]
    #expect(delivered == [true, true, true, false] && state.isHeld && state.buffered == 300 << 10)
    let (taken, goesOn) = state.take()
    #expect(taken == .chunk([UInt8](repeating: 1, count: 300 << 10)) && goesOn && !state.isHeld)
    let nothing = state.take()
    #expect(nothing == (nil, false))
  }

  @Test func whatCameBeforeAFailureIsRead() {
    var state = TransferState()
    state.deliver(HTTPHead(status: 200, version: "1.1", headers: HTTPHeaders()))
    _ = bytes("abc") { state.deliver($0) }
    let error = HTTPError(.connectionLost)
    let ends = [state.end(.failed(error)), state.end(.complete)]
    #expect(ends == [true, false])
    #expect(state.takeHead() != nil)
    let taken = [state.take().taken, state.take().taken, state.take().taken]
    #expect(taken == [.chunk(Array("abc".utf8)), .failure(error), .failure(error)])
  }

  @Test func whatWasGivenUpIsNotRead() {
    var state = TransferState()
    _ = bytes("abc") { state.deliver($0) }
    let error = HTTPError(.cancelled)
    let ends = [state.giveUp(error), state.giveUp(error)]
    #expect(ends == [true, false])
    #expect(state.takeHead() == .failure(error))
    let before = state.take().taken
    // libcurl hears of the end later.
    let isTaken = bytes("more") { state.deliver($0) }
    let after = state.take().taken
    #expect(isTaken && before == .failure(error) && after == .failure(error))
  }

  // MARK: Heads

  private func read(_ lines: [String], limit: Int = 1000) -> (HeadReader, HeadReader.Step) {
    var reader = HeadReader(limit: limit), step = HeadReader.Step.more
    for line in lines {
      step = bytes(line) { reader.take($0) }
      if step != .more { break }
    }
    return (reader, step)
  }

  @Test func aHeadIsRead() {
    let lines = [
      "HTTP/1.1 100 Continue\r\n", "\r\n", "HTTP/2 404 \r\n", "A: one \r\n", "b:\t two\r\n", "Empty:\r\n",
      "Folded: a\r\n",
      "  b\r\n", "\r\n",
    ]
    let (reader, step) = read(lines)
    #expect(step == .complete)
    let head = reader.head
    #expect(head?.status == 404 && head?.version == "2")
    #expect(head?.headers["a"] == "one" && head?.headers["B"] == "two" && head?.headers["empty"] == "")
    #expect(head?.headers["folded"] == "a b")
  }

  @Test(arguments: [
    ["A: b\r\n"], ["HTTP/1.1\r\n"], ["HTTP/1.1 20 OK\r\n"], ["HTTP/1.1 +20 OK\r\n"], ["HTTP/1.1 2x0 OK\r\n"],
    ["HTTP/1.1 200 OK\r\n", "no colon\r\n"], ["HTTP/1.1 200 OK\r\n", " folded\r\n"], ["\r\n"],
  ]) func whatIsNoHeadIsRefused(_ lines: [String]) {
    #expect(read(lines).1 == .malformed)
  }

  @Test func aHeadHasABound() {
    let lines = ["HTTP/1.1 200 OK\r\n"] + [String](repeating: "A: b\r\n", count: 1000)
    #expect(read(lines).1 == .tooLarge)
    var reader = HeadReader(limit: 40)
    for line in ["HTTP/1.1 200 OK\r\n", "\r\n"] { _ = bytes(line) { reader.take($0) } }
    #expect(reader.head != nil)
    let step = bytes("Trailer: counts as well\r\n") { reader.take($0) }
    #expect(step == .tooLarge)
  }

  // MARK: Secrets

  @Test func secretsOfARequestAreFoundInAnyText() {
    let request = HTTPRequest(
      "GET", "https://h/?api_key=first-one&x=harmless&Access_Token=second-one#f",
      headers: ["Authorization": "Bearer third-one", "X-Api-Key": "fourth-one", "Accept": "fifth-one"])
    let sensitive = SensitiveText(request, user: "me", password: "sixth-one")
    let said = "first-one harmless second-one third-one Bearer third-one\nfourth-one fifth-one sixth-one ftp://a:b@c/"
    #expect(
      sensitive.cleaned(said)
        == "[redacted] harmless [redacted] [redacted] [redacted] [redacted] fifth-one [redacted] ftp://[redacted]@c/")
  }
}
