import Testing
import WireText

@testable import Models

/// llama.cpp's own server with a real model, which speaks both wire formats.
@Suite(.serialized, .enabled(if: PeerServer.isInstalled("llama"), "llama.cpp is not installed: run scripts/peers"))
struct LlamaTests {
  private static let client = ModelClient(transport: HTTPTransport())

  private func provider(_ server: PeerServer, _ format: WireFormat) -> ModelProvider {
    var provider = ModelProvider.llamacpp
    provider.format = format
    provider.baseURL = server.baseURL
    return provider
  }

  private func question(_ text: String, tokens: Int = 24) -> ModelRequest {
    var question = ModelRequest(model: "smollm2", system: "Answer in one sentence.", messages: [.user(text)])
    question.maxTokens = tokens
    question.sampling.temperature = 0
    return question
  }

  @Test(.timeLimit(.minutes(5)), arguments: WireFormat.allCases)
  func ARealModelAnswersWholeAndInPieces(_ format: WireFormat) async throws {
    let server = try PeerServer("llama")
    for isStreaming in [true, false] {
      var question = question("What is the capital of France?")
      question.isStreaming = isStreaming
      let heard = Log<[ModelEvent]>()
      let reply = try await Self.client.ask(
        question, of: provider(server, format), key: nil, onEvents: { heard.add($0) })
      // What so small a model says is its own affair.
      #expect(!reply.text.isEmpty && reply.model == "smollm2" && reply.toolCalls.isEmpty)
      #expect(reply.stopReason == .endOfTurn || reply.stopReason == .maxTokens)
      #expect(reply.usage.prompt > 15 && (1...24).contains(reply.usage.output), "\(reply.usage)")
      let pieces = heard.items.joined().compactMap { if case .text(let words) = $0 { words } else { nil } }
      #expect(pieces.joined() == reply.text && (pieces.count > 2) == isStreaming, "\(pieces)")
      // The same prompt once more comes out of the server's cache.
      let again = try await Self.client.ask(question, of: provider(server, format), key: nil)
      #expect(again.usage.prompt == reply.usage.prompt && again.usage.cacheRead > 10, "\(again.usage)")
    }
    let cut = try await Self.client.ask(
      question("Tell a long story about a ship.", tokens: 5), of: provider(server, format), key: nil)
    #expect(cut.stopReason == .maxTokens && cut.usage.output == 5)
  }

  @Test(.timeLimit(.minutes(5)))
  func ASchemaIsHeldToByGrammar() async throws {
    let server = try PeerServer("llama")
    let schema: JSONValue = [
      "type": "object", "required": ["verdict", "line"], "additionalProperties": false,
      "properties": ["verdict": ["enum": ["approve", "reject"]], "line": ["type": "integer"]],
    ]
    for isStreaming in [true, false] {
      var question = question("Is this right? def add(a, b): return a - b", tokens: 100)
      question.schema = OutputSchema(name: "review", schema: schema, isStrict: true)
      question.isStreaming = isStreaming
      let reply = try await Self.client.ask(question, of: provider(server, .chat), key: nil)
      let answer = try JSONReader.read(Array(reply.text.utf8))
      #expect(["approve", "reject"].contains(answer["verdict"]?.string) && answer["line"]?.integer != nil, "\(answer)")
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func APromptThatIsTooLongIsKnownAsThat() async throws {
    let server = try PeerServer("llama", ["n_ctx=256", "n_parallel=1"])
    let long = String(repeating: "one more word and ", count: 200)
    for format in WireFormat.allCases {
      for isStreaming in [true, false] {
        var question = question(long)
        question.isStreaming = isStreaming
        let error = await #expect(throws: ProviderError.self) {
          try await Self.client.ask(question, of: provider(server, format), key: nil)
        }
        #expect(error?.kind == .contextTooLong && error?.isRetryable == false, "\(String(describing: error))")
      }
    }
  }

  @Test(.timeLimit(.minutes(5)), arguments: WireFormat.allCases)
  func AModelThatIsStillLoadingIsWaitedFor(_ format: WireFormat) async throws {
    let server = try PeerServer("llama", ["--early"])
    let model = RoutedModel(name: ModelName(provider: "llamacpp", model: "smollm2"), tier: .fast)
    var ladder = AttemptLadder(model: model, fallbacks: [], retries: 600)
    var reply: ModelReply?
    while reply == nil {
      do {
        reply = try await Self.client.ask(
          question("What is the capital of Italy?"), of: provider(server, format), key: nil)
      } catch let error as ProviderError {
        #expect(error.kind == .overloaded && error.status == 503, "\(error)")
        guard case .again = ladder.failed(error, jitter: 0) else { throw error }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
    #expect(reply?.text.isEmpty == false)
  }

  @Test(.timeLimit(.minutes(5)))
  func AnAnswerThatNobodyWantsAnyMoreFreesTheServer() async throws {
    let server = try PeerServer("llama", ["n_parallel=1"])
    let provider = provider(server, .chat)
    let endless = question("Count from one to ten thousand in words.", tokens: 4000)
    for _ in 0..<3 {
      let began = AsyncStream<Void>.makeStream()
      let task = Task {
        try await Self.client.ask(endless, of: provider, key: nil, onEvents: { _ in began.continuation.yield() })
      }
      for await _ in began.stream { break }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    // There is one slot, and each of those answers would have held it for a minute.
    let reply = try await Self.client.ask(question("What is the capital of France?"), of: provider, key: nil)
    #expect(!reply.text.isEmpty)
  }
}
