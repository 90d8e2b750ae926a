import Testing

@testable import Models

/// What a page that an agent fetches may reach.
@Suite(.timeLimit(.minutes(1))) struct PublicHostTests {
  @Test(arguments: [
    "127.0.0.1", "127.1", "0.0.0.0", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "LOCALHOST.", "a.localhost",
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[fe80::1]", "[fd00:ec2::254]",
    "[fc00::1]",
    "[64:ff9b::10.0.0.1]", "[2001:db8::1]", "[2002:7f00:1::]", "[ff02::1]", "[2001::1]", "metadata.google.internal",
    "printer.local",
  ])
  func addressesOfOurOwnAreNotConnectedTo(host: String) async throws {
    let server = try FaultServer.shared.get()
    var request = HTTPRequest(url: "http://\(host):\(server.port)/")
    request.onlyPublic = true
    let error = await #expect(throws: HTTPError.self) { try await HTTPTransport().send(request) }
    #expect(error?.code == .connect)
    #expect(error?.detail == "its address belongs to this machine or its own networks")
  }

  @Test(arguments: [
    "1.1.1.1", "172.32.0.1", "100.128.0.1", "[2606:4700::1111]", "[64:ff9b::1.1.1.1]", "example.com",
    "localhost.example.com",
  ])
  func othersAre(host: String) throws {
    try CurlLibrary.load()
    try PublicHost.check(try HTTPTarget("http://\(host)/"))
  }

  /// The name leads to this machine only once it is looked up.
  @Test func whatANameLeadsToCounts() async throws {
    let server = try FaultServer.shared.get()
    for name in ["ip6-localhost", "ip6-loopback"] {
      var request = HTTPRequest(url: "http://\(name):\(server.port)/")
      request.onlyPublic = true
      let error = await #expect(throws: HTTPError.self) { try await HTTPTransport().send(request) }
      // Where the name is known, its address is refused; else there is none.
      let isRefused = error?.detail == "its address belongs to this machine or its own networks"
      #expect(isRefused || error?.code == .dns)
    }
  }

  @Test func aConnectionThatStandsIsNotUsed() async throws {
    let server = try FaultServer.shared.get()
    let transport = HTTPTransport()
    // The name of this machine's sixth protocol leads to an address of its own, if it is known at all.
    let url = "http://ip6-localhost:\(server.port)/echo"
    if let first = try? await transport.send(HTTPRequest(url: url)) { _ = try? await first.collect() }
    var request = HTTPRequest(url: url)
    request.onlyPublic = true
    await #expect(throws: HTTPError.self) { try await transport.send(request) }
  }

  @Test func aRedirectToAnotherHostIsLeftToTheCaller() async throws {
    let server = try FaultServer.shared.get()
    var request = HTTPRequest(url: "http://127.0.0.1:\(server.port)/redirect?to=http://localhost:\(server.port)/echo")
    request.maxRedirects = 5
    request.staysOnHost = true
    let exchange = try await HTTPTransport().send(request)
    #expect((300...399).contains(exchange.head.status))
    #expect(exchange.head.headers["Location"] == "http://localhost:\(server.port)/echo")
  }
}
