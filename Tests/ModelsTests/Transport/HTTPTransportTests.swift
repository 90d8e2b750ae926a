import Models
import Testing

/// What servers do right.
@Suite struct HTTPTransportTests {
  let server: FaultServer
  let transport = HTTPTransport()

  init() throws { server = try FaultServer.shared.get() }

  private func text(_ request: HTTPRequest) async throws -> String {
    String(decoding: try await transport.send(request).collect(), as: UTF8.self)
  }

  @Test func aRequestArrivesAsItWasMade() async throws {
    let request = HTTPRequest(
      "POST", server.url("/echo?a=1%202"), headers: ["X-Mine": "yes", "X-Empty": "", "Content-Type": "text/plain"],
      body: Array("a body\u{0}with a NUL".utf8))
    let exchange = try await transport.send(request)
    #expect(exchange.head.status == 200)
    #expect(exchange.head.version == "1.1")
    #expect(exchange.head.headers.all("x-two") == [Array("a".utf8), Array("b".utf8)])
    let seen = String(decoding: try await exchange.collect(), as: UTF8.self)
    #expect(seen.contains(#""method": "POST""#))
    #expect(seen.contains(#""x-mine": "yes""#))
    #expect(seen.contains(#""x-empty": """#))
    #expect(seen.contains(#""content-type": "text/plain""#))
    #expect(seen.contains(#"a body\u0000with a NUL"#))
    #expect(!seen.contains("expect"))
  }

  @Test(arguments: ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"]) func anyMethodIsSent(_ method: String)
    async throws
  {
    #expect(try await text(HTTPRequest(method, server.url("/echo"))).contains("\"method\": \"\(method)\""))
    let withBody = HTTPRequest(method, server.url("/echo"), body: Array("b".utf8))
    #expect(try await text(withBody).contains("\"body\": \"b\""))
  }

  @Test func headHasNoBody() async throws {
    let exchange = try await transport.send(HTTPRequest("HEAD", server.url("/echo")))
    #expect(exchange.head.headers["content-length"] != "0")
    #expect(try await exchange.collect().isEmpty)
  }

  @Test func anyStatusIsAnAnswer() async throws {
    for status in [200, 204, 404, 429, 500, 599] {
      let exchange = try await transport.send(HTTPRequest(url: server.url("/status?code=\(status)")))
      #expect(exchange.head.status == status)
      #expect(exchange.head.headers["Retry-After"] == "7")
    }
  }

  @Test func aCompressedBodyIsReadAsItWas() async throws {
    #expect(try await text(HTTPRequest(url: server.url("/gzip"))) == String(repeating: "hello ", count: 1000))
    var plain = HTTPRequest(url: server.url("/gzip"))
    plain.acceptsCompression = false
    #expect(try await transport.send(plain).collect().starts(with: [0x1F, 0x8B]))
  }

  @Test func interimAnswersArePassedOver() async throws {
    let exchange = try await transport.send(HTTPRequest(url: server.url("/interim")))
    #expect(exchange.head.status == 200)
    #expect(exchange.head.headers["Link"] == nil)
    #expect(try await exchange.collect() == Array("after it".utf8))
  }

  @Test func connectionsAreUsedAgain() async throws {
    let server = try FaultServer()
    for _ in 0..<20 { _ = try await text(HTTPRequest(url: server.url("/status"))) }
    #expect(try await text(HTTPRequest(url: server.url("/stats"))).contains(#""connections": 1,"#))
  }

  @Test func aSlowReaderHoldsTheServerBack() async throws {
    let before = OwnProcess.residentKilobytes()
    let exchange = try await transport.send(HTTPRequest(url: server.url("/endless")))
    var reader = exchange.body.makeAsyncIterator()
    var count = try #require(try await reader.next()).count
    // Time for the server to fill whatever takes it.
    try await Task.sleep(for: .milliseconds(500))
    while count < 4 << 20 {
      let chunk = try #require(try await reader.next())
      #expect(chunk.count < 300 << 10)
      count += chunk.count
    }
    #expect(OwnProcess.residentKilobytes() - before < 20 << 10)
  }

  @Test func aWholeBodyArrivesThroughPauses() async throws {
    var request = HTTPRequest(url: server.url("/bytes?count=20000000"))
    request.limits.idle = .seconds(5)
    var count = 0
    for try await chunk in try await transport.send(request).body {
      count += chunk.count
      if count % 7 == 0 { await Task.yield() }
    }
    #expect(count == 20_000_000)
  }

  @Test func requestsThatWouldChangeTheMessageAreRefused() async throws {
    let server = try FaultServer()
    var requests: [HTTPRequest] = [
      HTTPRequest("GET\r\nX: y", server.url("/echo")), HTTPRequest("", server.url("/echo")),
      HTTPRequest(url: server.url("/echo\r\nX: y")),
    ]
    for (name, value) in [
      ("X", "a\r\nY: b"), ("X", "a\nb"), ("X\r\nY", "a"), ("X Y", "a"), ("", "a"), ("X", "a\u{0}b"),
      ("Content-Length", "5"), ("transfer-encoding", "chunked"), ("Connection", "close"),
    ] {
      var headers = HTTPHeaders()
      headers.add(name, value)
      requests.append(HTTPRequest("GET", server.url("/echo"), headers: headers))
    }
    for request in requests {
      let error = await #expect(throws: HTTPError.self) { try await transport.send(request) }
      #expect(error?.code == .badRequest || error?.code == .badURL)
    }
    #expect(try await text(HTTPRequest(url: server.url("/stats"))).contains(#""requests": 1,"#))
  }

  @Test(arguments: [
    "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "scp://127.0.0.1/x", "dict://127.0.0.1/x",
    "127.0.0.1",
    "", "http://", "http:///path", "http://exa mple/", "http://127.0.0.1:99999/", "httpx://a/", "//a/b",
  ]) func onlyHTTPIsSpoken(_ url: String) async throws {
    let error = await #expect(throws: HTTPError.self) { try await transport.send(HTTPRequest(url: url)) }
    #expect(error?.code == .badURL)
  }

  @Test func userAndPasswordOfTheURLBecomeAHeader() async throws {
    let url = "http://me:open%20sesame@127.0.0.1:\(server.port)/echo"
    let exchange = try await transport.send(HTTPRequest(url: url))
    #expect(!exchange.url.contains("sesame"))
    #expect(String(decoding: try await exchange.collect(), as: UTF8.self).contains("Basic bWU6b3BlbiBzZXNhbWU="))
  }

  // MARK: Redirects

  private func redirect(to url: String, code: Int = 302) -> String {
    let escaped = url.utf8.map { byte in
      let hex = String(byte, radix: 16)
      return "%" + (hex.count == 1 ? "0" : "") + hex
    }
    return server.url("/redirect?code=\(code)&to=\(escaped.joined())")
  }

  private let secrets: HTTPHeaders = [
    "Authorization": "Bearer canary-one", "x-api-key": "canary-two", "Cookie": "canary-three",
    "X-Custom": "canary-four",
    "Accept": "text/plain",
  ]

  @Test func aRedirectIsAnAnswerUnlessAskedFor() async throws {
    let exchange = try await transport.send(HTTPRequest(url: redirect(to: "/echo")))
    #expect(exchange.head.status == 302)
    #expect(exchange.head.headers["location"] == "/echo")
  }

  @Test func nothingThatAuthorizesFollowsToAnotherHost() async throws {
    for code in [301, 302, 303, 307, 308] {
      let there = redirect(to: "http://127.0.0.1:\(server.other)/echo", code: code)
      let exchange = try await transport.send(HTTPRequest("GET", there, headers: secrets, maxRedirects: 3))
      #expect(exchange.head.status == 200)
      #expect(exchange.url.contains(":\(server.other)/"))
      let seen = String(decoding: try await exchange.collect(), as: UTF8.self)
      #expect(!seen.contains("canary"))
      #expect(!seen.contains("authorization"))
      #expect(seen.contains("text/plain"))
    }
    let withUser = redirect(to: "http://127.0.0.1:\(server.other)/echo")
      .replacing("http://", with: "http://me:canary-five@", maxReplacements: 1)
    #expect(!(try await text(HTTPRequest("GET", withUser, maxRedirects: 3))).contains("authorization"))
  }

  @Test func everythingFollowsOnTheSameHost() async throws {
    let seen = try await text(HTTPRequest("GET", redirect(to: "/echo"), headers: secrets, maxRedirects: 3))
    for canary in ["one", "two", "three", "four"] { #expect(seen.contains("canary-\(canary)")) }
  }

  @Test func methodAndBodyFollowAsTheStatusSays() async throws {
    for (code, method) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
      let request = HTTPRequest("POST", redirect(to: "/echo", code: code), body: Array("kept".utf8), maxRedirects: 3)
      let seen = try await text(request)
      #expect(seen.contains("\"method\": \"\(method)\""))
      #expect(seen.contains("kept") == (method == "POST"))
    }
  }

  @Test func redirectsHaveAnEnd() async throws {
    var url = "/echo"
    for _ in 0..<4 { url = String(redirect(to: url).dropFirst("http://127.0.0.1:\(server.port)".count)) }
    let four = "http://127.0.0.1:\(server.port)" + url
    #expect(try await transport.send(HTTPRequest("GET", four, maxRedirects: 4)).head.status == 200)
    let error = await #expect(throws: HTTPError.self) {
      try await transport.send(HTTPRequest("GET", four, maxRedirects: 3))
    }
    #expect(error?.code == .redirect)
    for bad in ["file:///etc/passwd", "ftp://127.0.0.1/", "http://"] {
      await #expect(throws: HTTPError.self) {
        try await transport.send(HTTPRequest("GET", redirect(to: bad), maxRedirects: 3))
      }
    }
  }
}
