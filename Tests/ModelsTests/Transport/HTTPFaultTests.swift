import Models
import Testing

/// What servers do wrong: each fault ends with the right error, within its limit.
@Suite struct HTTPFaultTests {
  let server: FaultServer
  let transport = HTTPTransport()

  init() throws { server = try FaultServer.shared.get() }

  /// Limits of a tenth of a second and more, instead of minutes.
  private static let limits = HTTPLimits(
    connect: .milliseconds(500), firstByte: .milliseconds(400), idle: .milliseconds(300), total: .milliseconds(1500),
    maxBodyBytes: 1 << 20, maxHeadBytes: 64 << 10)

  struct Fault: Sendable, CustomTestStringConvertible {
    let path: String
    let code: HTTPError.Code
    /// When the error is due, in milliseconds; 0: at once.
    var due = 0
    var limits = HTTPFaultTests.limits
    /// What arrives before the error.
    var before = ""
    var testDescription: String { path }
  }

  static let faults: [Fault] = [
    Fault(path: "/silence", code: .timeout(.firstByte), due: 400),
    Fault(path: "/status_line", code: .timeout(.firstByte), due: 400),
    Fault(path: "/head_drip", code: .timeout(.firstByte), due: 400),
    Fault(path: "/head_only", code: .timeout(.idle), due: 300),
    Fault(path: "/one_event", code: .timeout(.idle), due: 300, before: "data: one\n\n"),
    Fault(path: "/comments", code: .timeout(.total), due: 1500, before: ": ping\n\n"),
    Fault(path: "/drip", code: .timeout(.total), due: 1500, before: "x"),
    Fault(path: "/endless", code: .tooLarge(.body), before: "data: token"),
    Fault(path: "/reset", code: .connectionLost, before: "data: one\n\n"),
    Fault(path: "/fin", code: .connectionLost, before: "data: one\n\n"),
    Fault(path: "/fin_short", code: .connectionLost, before: "short"),
    Fault(path: "/fin_at_once", code: .connectionLost),
    Fault(path: "/bad_gzip", code: .protocolError),
    Fault(path: "/bad_chunks", code: .connectionLost),
    Fault(path: "/no_http", code: .protocolError),
    Fault(path: "/bomb", code: .tooLarge(.body)),
    Fault(path: "/big_head", code: .tooLarge(.head)),
  ]

  @Test(arguments: faults) func aFaultEndsInTime(_ fault: Fault) async throws {
    let clock = ContinuousClock(), start = clock.now
    var request = HTTPRequest(url: server.url(fault.path))
    request.limits = fault.limits
    var received: [UInt8] = []
    let error = await #expect(throws: HTTPError.self) {
      for try await chunk in try await transport.send(request).body { received += chunk }
    }
    let took = clock.now - start
    #expect(error?.code == fault.code, "\(error.map { "\($0)" } ?? "none")")
    #expect(took >= .milliseconds(fault.due - 50))
    #expect(took < .milliseconds(fault.due) + .seconds(1), "\(took)")
    #expect(received.starts(with: fault.before.utf8))
    #expect(error?.host == "127.0.0.1:\(server.port)")
    #expect(error?.description.contains("127.0.0.1:\(server.port)") == true)
  }

  /// Each limit holds, however long the others are.
  @Test func aShortLimitIsNotKeptWaitingByALongOne() async throws {
    let clock = ContinuousClock()
    for (path, change) in [
      ("/silence", { $0.firstByte = .milliseconds(200) }), ("/one_event", { $0.idle = .milliseconds(200) }),
      ("/comments", { $0.total = .milliseconds(200) }),
    ] as [(String, (inout HTTPLimits) -> Void)] {
      var request = HTTPRequest(url: server.url(path))
      change(&request.limits)
      let start = clock.now
      await #expect(throws: HTTPError.self) { try await transport.send(request).collect() }
      #expect(clock.now - start < .seconds(1), "\(path)")
    }
  }

  @Test func nobodyTakesTheConnection() async throws {
    var request = HTTPRequest(url: "http://127.0.0.1:\(server.full)/")
    request.limits = HTTPFaultTests.limits
    let late = await #expect(throws: HTTPError.self) { try await transport.send(request) }
    #expect(late?.code == .timeout(.connect))
    #expect(late?.description == "127.0.0.1:\(server.full) was not reached within 500 ms")
    let refused = await #expect(throws: HTTPError.self) {
      try await transport.send(HTTPRequest(url: "http://127.0.0.1:1/"))
    }
    #expect(refused?.code == .connect)
    #expect(refused?.description == "127.0.0.1:1 takes no connection: Connection refused")
  }

  @Test func aDeadNameEndsInTime() async throws {
    let clock = ContinuousClock(), start = clock.now
    var request = HTTPRequest(url: "http://no-such-host.invalid/")
    request.limits.connect = .seconds(1)
    let error = await #expect(throws: HTTPError.self) { try await transport.send(request) }
    // Which of them depends on who answers for names here.
    #expect(error?.code == .dns || error?.code == .timeout(.connect))
    #expect(clock.now - start < .seconds(2))
  }

  @Test func aWebPageIsNoStreamOfEvents() async throws {
    var request = HTTPRequest(url: server.url("/html"))
    request.expectedTypes = ["text/event-stream"]
    let error = await #expect(throws: HTTPError.self) { try await transport.send(request) }
    #expect(error?.code == .unexpectedContent)
    #expect(error?.detail == "text/html")
    request.expectedTypes = ["text/html"]
    #expect(try await transport.send(request).head.status == 200)
    request.url = server.url("/overloaded")
    #expect(try await transport.send(request).head.status == 529)
  }

  @Test func anOverloadedServerIsAnAnswer() async throws {
    let exchange = try await transport.send(HTTPRequest("POST", server.url("/overloaded"), body: []))
    #expect(exchange.head.status == 529)
    #expect(exchange.head.headers["retry-after"] == "3")
    #expect(String(decoding: try await exchange.collect(), as: UTF8.self).contains("overloaded_error"))
  }

  /// Whether it was cut off cannot be seen here, only by who reads the events.
  @Test func anEndByClosingIsAnEnd() async throws {
    let bytes = try await transport.send(HTTPRequest(url: server.url("/fin_plain"))).collect()
    #expect(bytes == Array("data: one\n\n".utf8))
  }

  @Test func whoHasHeardEnoughLeavesAtOnce() async throws {
    let server = try FaultServer()
    let clock = ContinuousClock()
    do {
      let exchange = try await transport.send(HTTPRequest(url: server.url("/held_open")))
      var text = ""
      for try await chunk in exchange.body {
        text += String(decoding: chunk, as: UTF8.self)
        if text.contains("[DONE]") { break }
      }
    }
    let left = clock.now
    var open = 2
    while open > 1, clock.now - left < .seconds(5) {
      let stats = try await HTTPTransport().send(HTTPRequest(url: server.url("/stats"))).collect()
      let text = String(decoding: stats, as: UTF8.self)
      if text.contains(#""open": 1,"#) { open = 1 }
    }
    #expect(open == 1)
    #expect(clock.now - left < .seconds(1))
  }

  @Test func keysComeIntoNoError() async throws {
    for path in ["/silence", "/no_http", "/bad_gzip", "/fin_at_once", "/html"] {
      var request = HTTPRequest(
        "GET", "http://user:canary-a@127.0.0.1:\(server.port)\(path)?api_key=canary-b&x=1",
        headers: ["Authorization": "Bearer canary-c", "x-api-key": "canary-d"])
      request.limits = HTTPFaultTests.limits
      request.expectedTypes = ["application/json"]
      let error = await #expect(throws: HTTPError.self) { try await transport.send(request).collect() }
      #expect(error.map { !"\($0)".contains("canary") && !$0.detail.contains("canary") } == true)
    }
  }
}
