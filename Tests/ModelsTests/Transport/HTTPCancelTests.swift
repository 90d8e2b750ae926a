import Models
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Giving up: at once, everywhere, and without a trace.
@Suite struct HTTPCancelTests {
  let server: FaultServer

  init() throws { server = try FaultServer() }

  private func openConnections(_ transport: HTTPTransport) async throws -> Int {
    let text = String(
      decoding: try await transport.send(HTTPRequest(url: server.url("/stats"))).collect(), as: UTF8.self)
    let place = try #require(text.firstRange(of: #""open": "#))
    return try #require(Int(text[place.upperBound...].prefix { $0.isNumber }))
  }

  @Test(arguments: ["/silence", "/head_only", "/endless", "/comments"]) func aCancelledTaskEndsItsExchange(
    _ path: String
  )
    async throws
  {
    let transport = HTTPTransport(), clock = ContinuousClock()
    let task = Task {
      for try await _ in try await transport.send(HTTPRequest(url: server.url(path))).body {}
    }
    while try await openConnections(transport) < 2 {}
    let start = clock.now
    task.cancel()
    let error = await #expect(throws: HTTPError.self) { try await task.value }
    #expect(error?.code == .cancelled)
    while try await openConnections(transport) > 1 { try #require(clock.now - start < .seconds(5)) }
    #expect(clock.now - start < .seconds(1))
  }

  @Test func aTaskThatWasCancelledBeforeSendsNothing() async throws {
    let transport = HTTPTransport()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      _ = try await transport.send(HTTPRequest("POST", server.url("/echo"), body: []))
    }
    task.cancel()
    let error = await #expect(throws: HTTPError.self) { try await task.value }
    #expect(error?.code == .cancelled)
  }

  @Test func anExchangeCanBeEndedByHand() async throws {
    let exchange = try await HTTPTransport().send(HTTPRequest(url: server.url("/one_event")))
    var reader = exchange.body.makeAsyncIterator()
    #expect(try await reader.next() == Array("data: one\n\n".utf8))
    exchange.cancel()
    let error = await #expect(throws: HTTPError.self) { try await reader.next() }
    #expect(error?.code == .cancelled)
  }

  @Test func aClosedTransportEndsWhatItDoes() async throws {
    let transport = HTTPTransport()
    let exchange = try await transport.send(HTTPRequest(url: server.url("/one_event")))
    var reader = exchange.body.makeAsyncIterator()
    #expect(try await reader.next() != nil)
    transport.close()
    let error = await #expect(throws: HTTPError.self) { try await reader.next() }
    #expect(error?.code == .cancelled)
    // And it can be used again.
    #expect(try await transport.send(HTTPRequest(url: server.url("/status"))).head.status == 200)
  }

  @Test func aThousandGivenUpRequestsLeaveNothing() async throws {
    let transport = HTTPTransport()
    func some(_ count: Int) async throws {
      for _ in 0..<(count / 50) {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for index in 0..<50 {
            group.addTask {
              // None of them comes to its end, which would leave a connection for later.
              let path = ["/silence", "/endless", "/one_event", "/bytes?count=20000000", "/fin_at_once"][index % 5]
              let exchange = try? await transport.send(HTTPRequest(url: server.url(path)))
              var reader = exchange?.body.makeAsyncIterator()
              _ = try? await reader?.next()
            }
          }
          // Those that never answer.
          while try await openConnections(transport) < 10 {}
          group.cancelAll()
        }
      }
    }
    try await some(100)
    while try await openConnections(transport) > 1 {}
    let descriptors = OwnProcess.descriptors(), threads = OwnProcess.threads(), memory = OwnProcess.residentKilobytes()
    try await some(1000)
    while try await openConnections(transport) > 1 {}
    #expect(OwnProcess.descriptors() <= descriptors + 2)
    #expect(OwnProcess.threads() <= threads + 2)
    #expect(OwnProcess.residentKilobytes() < memory + 4096)
  }

  @Test func transportsLeaveNothing() async throws {
    func one() async throws { _ = try await HTTPTransport().send(HTTPRequest(url: server.url("/status"))).collect() }
    try await one()
    let descriptors = OwnProcess.descriptors(), threads = OwnProcess.threads()
    for _ in 0..<50 { try await one() }
    let clock = ContinuousClock(), start = clock.now
    while OwnProcess.descriptors() > descriptors + 2 || OwnProcess.threads() > threads + 2 {
      try #require(clock.now - start < .seconds(5))
    }
  }

  @Test func noDescriptorSurvivesAnExecution() async throws {
    let transport = HTTPTransport()
    // Those of whoever runs the tests are none of ours.
    let before = inheritedSockets()
    let exchange = try await transport.send(HTTPRequest(url: server.url("/one_event")))
    var reader = exchange.body.makeAsyncIterator()
    _ = try await reader.next()
    #expect(inheritedSockets().subtracting(before).isEmpty)
  }

  private func inheritedSockets() -> Set<Int32> {
    Set(
      (Int32(3)..<1024).filter { descriptor in
        let flags = fcntl(descriptor, F_GETFD)
        guard flags >= 0, flags & FD_CLOEXEC == 0 else { return false }
        var facts = stat()
        return fstat(descriptor, &facts) == 0 && facts.st_mode & S_IFMT == S_IFSOCK
      })
  }
}
