import Testing
import WireText

@testable import Models

/// Whatever llmock does, its own verdict on us has to be PASS.
@Suite(.serialized, .enabled(if: LlmockServer.isInstalled, "llmock is not installed: run scripts/peers"))
struct LlmockTests {
  /// All at once, because most of the time is spent waiting.
  @Test(.timeLimit(.minutes(5))) func EachFaultIsTakenAsItShould() async throws {
    try await withThrowingTaskGroup { group in
      for format in WireFormat.allCases { group.addTask { try await takeEachFault(format) } }
      try await group.waitForAll()
    }
  }

  private func takeEachFault(_ format: WireFormat) async throws {
    let server = try await LlmockServer()
    for (fault, kind) in LlmockServer.faults {
      let place = "\(fault) on \(format)"
      try await server.control("POST", "/_llmock/reset")
      let accepted = try await server.control("POST", "/_llmock/scenario", ["behaviors": [fault]])
      #expect(!accepted.contains("\"error\""), "\(place): \(accepted)")
      let question = ModelRequest(
        model: format == .chat ? "gpt-5" : "claude-sonnet-4-5", messages: [.user("say something")])
      let outcome = await Self.ask(question, of: server.provider(format))
      switch (outcome, kind) {
      case (.success(let reply), nil): #expect(!reply.text.isEmpty && reply.stopReason == .endOfTurn)
      case (.failure(let error), .some(let kind)): #expect((error as? ProviderError)?.kind == kind)
      default: Issue.record("\(place) came to \(outcome)")
      }
      let verdict = try await server.control("GET", "/_llmock/verdict?format=text")
      #expect(verdict.contains("PASS") && !verdict.contains("FAIL"), "\(place): \(verdict)")
      #expect(verdict.contains("1 fault(s) injected"), "\(place): \(verdict)")
    }
  }

  @Test(.timeLimit(.minutes(2)), arguments: WireFormat.allCases)
  func SeveralCallsOfToolsComeThrough(_ format: WireFormat) async throws {
    let server = try await LlmockServer()
    let calls: JSONValue = [
      ["name": "sh", "arguments": ["command": "echo ä"]], ["name": "sh", "arguments": ["command": "two"]],
    ]
    try await server.control("POST", "/_llmock/scenario", ["behaviors": [["type": "reply", "tool_calls": calls]]])
    var question = ModelRequest(model: format == .chat ? "gpt-5" : "claude-sonnet-4-5", messages: [.user("go")])
    question.tools = [ModelTool(name: "sh", description: "runs", schema: ["type": "object"])]
    let reply = try await Self.ask(question, of: server.provider(format)).get()
    #expect(try reply.toolCalls.map { try $0.input()?["command"]?.string } == ["echo ä", "two"])
    // The next turn takes the results.
    question.messages += [reply.message, .results(reply.toolCalls.map { ToolResult(callID: $0.id, text: "done") })]
    #expect(try await !Self.ask(question, of: server.provider(format)).get().parts.isEmpty)
  }

  /// A call as an agent makes it: through a gate, with the ladder's retries.
  private static func ask(_ question: ModelRequest, of provider: ModelProvider) async -> Result<ModelReply, any Error> {
    let client = ModelClient(transport: HTTPTransport())
    let gate = ProviderGate()
    var ladder = AttemptLadder(
      model: RoutedModel(name: ModelName(provider: provider.name, model: question.model), tier: .fast), fallbacks: [])
    while true {
      do {
        return .success(
          try await gate.run(model: question.model) { answering in
            let reply = try await client.ask(
              question, of: provider, key: "sk-test", limits: HTTPLimits(idle: .seconds(5)), onAnswer: answering)
            return (reply, reply.usage.total)
          })
      } catch let error as ProviderError {
        guard case .again(let after) = ladder.failed(error, jitter: 1) else { return .failure(error) }
        try? await Task.sleep(for: after)
      } catch { return .failure(error) }
    }
  }
}
