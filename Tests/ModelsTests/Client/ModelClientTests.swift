import Synchronization
import Testing
import WireText

@testable import Models

@Suite struct ModelClientTests {
  private func provider(_ server: PlayServer, _ format: WireFormat) -> ModelProvider {
    ModelProvider(name: "play", format: format, baseURL: "http://127.0.0.1:\(server.port)/v1", isKeyOptional: true)
  }

  private func server(
    _ replies: [MockReply], _ format: WireFormat, ending: PlayServer.Ending = .proper
  ) throws -> PlayServer {
    let script = Mutex(MockScript([MockScript.Scene(replies: replies)]))
    return try PlayServer { _, body in
      let request = ModelRequest(model: body["model"]?.string ?? "", messages: [.user("q")])
      return (script.withLock { $0.answer(request, format: format) }, ending)
    }
  }

  private let question = ModelRequest(model: "m", messages: [.user("q")])

  @Test(arguments: WireFormat.allCases)
  func AnAnswerComesOverTheNetwork(_ format: WireFormat) async throws {
    let server = try server([.text("hello from the other side")], format)
    let heard = Log<[ModelEvent]>()
    let began = Log<Bool>()
    let client = ModelClient(transport: HTTPTransport())
    let reply = try await client.ask(
      question, of: provider(server, format), key: nil, onAnswer: { began.add(true) },
      onEvents: { heard.add($0) })
    #expect(reply.text == "hello from the other side" && reply.usage.output == 10)
    #expect(began.items == [true])
    let text = heard.items.joined().reduce(into: "") { if case .text(let words) = $1 { $0 += words } }
    #expect(text == reply.text)
  }

  @Test(arguments: WireFormat.allCases)
  func AConnectionThatStaysOpenHoldsNobodyUp(_ format: WireFormat) async throws {
    let server = try server([.text("done")], format, ending: .held)
    let client = ModelClient(transport: HTTPTransport())
    let clock = ContinuousClock()
    let start = clock.now
    #expect(try await client.ask(question, of: provider(server, format), key: nil).text == "done")
    #expect(clock.now - start < .seconds(10))
  }

  @Test func AnAnswerWithoutItsLastWordIsTakenSoonAfterItsEnd() async throws {
    let server = try PlayServer { _, body in
      let request = ModelRequest(model: body["model"]?.string ?? "", messages: [.user("q")])
      var answer = MockAnswer(.text("whole"), to: request, format: .chat, number: 1)
      // No [DONE], and the counts come late: the connection stays open for ever.
      answer.pieces.removeLast()
      answer.pieces[answer.pieces.count - 1].after = .milliseconds(20)
      return (answer, .held)
    }
    let clock = ContinuousClock()
    let start = clock.now
    let reply = try await ModelClient(transport: HTTPTransport()).ask(question, of: provider(server, .chat), key: nil)
    #expect(reply.text == "whole" && reply.usage.output == 10)
    #expect(clock.now - start < .seconds(10))
  }

  @Test(arguments: WireFormat.allCases)
  func EachFaultHasItsKind(_ format: WireFormat) async throws {
    let limited = MockReply.Failure(status: 429, type: "rate_limit_error", retryAfter: .seconds(2))
    let server = try server(
      [
        .failure(limited), MockReply([.text("half"), .cut]),
        MockReply([.text("half"), .error(type: "overloaded_error", message: "so")]), MockReply([]),
      ], format)
    let client = ModelClient(transport: HTTPTransport())
    var errors: [ProviderError] = []
    for _ in 0..<4 {
      do { _ = try await client.ask(question, of: provider(server, format), key: nil) } catch let error as ProviderError
      {
        errors.append(error)
      }
    }
    #expect(errors.map(\.kind) == [.rateLimited, .truncated, .overloaded, .emptyResult])
    #expect(
      errors[0].retryAfter == .seconds(2) && errors[1].hasVisibleOutput && errors[1].usage != nil || format == .chat)
    let dropping = try self.server([MockReply([.text("half"), .cut])], format, ending: .dropped)
    let cut = await #expect(throws: ProviderError.self) {
      try await client.ask(question, of: provider(dropping, format), key: nil)
    }
    #expect(cut?.kind == .truncated && cut?.isRetryable == true && cut?.hasVisibleOutput == true)
  }

  @Test(arguments: WireFormat.allCases)
  func AKeyThatTheProviderRepeatsComesIntoNoError(_ format: WireFormat) async throws {
    let said = "Incorrect API key provided: sk-canary-0123456789."
    let failure = MockReply.Failure(status: 401, type: "authentication_error", message: said)
    let server = try server(
      [.failure(failure), MockReply([.text("x"), .error(type: "api_error", message: said)])], format)
    for kind in [ProviderError.Kind.authentication, .server] {
      let error = await #expect(throws: ProviderError.self) {
        try await ModelClient(transport: HTTPTransport()).ask(
          question, of: provider(server, format), key: "sk-canary-0123456789\n")
      }
      #expect(error?.kind == kind && error?.message == "Incorrect API key provided: [redacted].")
    }
  }

  @Test func NobodyThereIsUnreachable() async throws {
    let nobody = ModelProvider(name: "x", baseURL: "http://127.0.0.1:1/v1", isKeyOptional: true)
    let error = await #expect(throws: ProviderError.self) {
      try await ModelClient(transport: HTTPTransport()).ask(question, of: nobody, key: nil)
    }
    #expect(error?.kind == .unreachable)
  }

  @Test func ACancelledQuestionEndsAtOnce() async throws {
    let server = try server([MockReply([.text("a"), .pause(.seconds(60)), .text("b")])], .chat)
    let began = AsyncStream<Void>.makeStream()
    let provider = provider(server, .chat)
    let question = question
    let task = Task {
      try await ModelClient(transport: HTTPTransport()).ask(
        question, of: provider, key: nil, onEvents: { _ in began.continuation.yield() })
    }
    for await _ in began.stream { break }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
