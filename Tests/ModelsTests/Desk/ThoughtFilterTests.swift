import Testing
import WireText

@testable import Models

@Suite struct ThoughtFilterTests {
  private func thought(_ signature: String?) -> MessagePart {
    .thinking(ModelThought(text: "hm", signature: signature))
  }

  private let call = MessagePart.toolCall(ToolCall(id: "1", name: "read", arguments: "{}"))

  private func request(_ parts: [MessagePart]) -> ModelRequest {
    var request = ModelRequest(
      model: "m",
      messages: [
        .user("q"), ModelMessage(role: .assistant, parts: parts), .results([ToolResult(callID: "1", text: "r")]),
      ])
    request.thinking = .budget(2000)
    return request
  }

  @Test func WithoutAChangeOfModelNothingIsFiltered() {
    let request = request([thought("theirs"), call])
    #expect(ThoughtFilter().filtered(request) == request)
  }

  @Test func AnotherModelsThoughtsAreNotSentAndThinkingStopsInTheMiddleOfTheirTurn() {
    var filter = ThoughtFilter()
    filter.change()
    let filtered = filter.filtered(request([thought("theirs"), call]))
    #expect(filtered.messages[1].parts == [call] && filtered.thinking == .off)
    #expect(filter.filtered(request([thought(nil)])).messages.count == 2)
  }

  @Test func ItsOwnThoughtsGoBackToTheModel() {
    var filter = ThoughtFilter()
    filter.change()
    filter.note(
      ModelReply(id: nil, model: nil, parts: [thought("own"), call], usage: TokenUsage(), stopReason: .toolUse))
    let request = request([thought("own"), call])
    #expect(filter.filtered(request) == request)
    filter.change()
    #expect(filter.filtered(request) != request)
  }

  @Test(.timeLimit(.minutes(1))) func AFallbackIsAskedWithoutTheFirstModelsThoughts() async throws {
    let asked = Log<String>()
    let server = try PlayServer { _, body in
      asked.add(body.description)
      let isFirst = body["model"] == "small" && asked.items.count > 1
      let reply: MockReply = isFirst ? .fails(500) : .text("answer")
      return (MockAnswer(reply, to: ModelRequest(model: "", messages: []), format: .anthropic, number: 1), .proper)
    }
    var setup = ModelSetup(providers: [.anthropic, .openai], models: DeskWorld.models)
    for place in setup.providers.indices {
      setup.providers[place].baseURL = "http://127.0.0.1:\(server.port)"
      setup.providers[place].format = .anthropic
      setup.providers[place].isKeyOptional = true
    }
    let desk = ModelDesk(setup, transport: HTTPTransport(), gateFolder: nil)
    let session = try await desk.session(RouteQuery(tier: "fast"), retries: 0)
    let request = request([thought("theirs"), call])
    #expect(try await session.turn(request).model.model == "small")
    #expect(try await session.turn(request).model.model == "other")
    #expect(asked.items.map { $0.contains("theirs") } == [true, true, false])
  }
}
