import Testing
import WireText

@testable import Models

/// What servers really sent.
@Suite struct RecordedAnswerTests {
  private func decode(_ name: String) throws -> Decoded {
    let recording = try Recording.named(name)
    return Decoded(recording.decoder, [recording.body[...]])
  }

  @Test func TheRecordingsAreThere() { #expect(Recording.all.count >= 28) }

  @Test func AChatAnswerOfLlmockIsRead() throws {
    let decoded = try decode("llmock/chat_stream.txt")
    let reply = try #require(decoded.reply)
    #expect(reply.text == "Simulated success from gpt-5.")
    #expect(reply.stopReason == .endOfTurn)
    #expect(reply.usage == TokenUsage(input: 1, output: 7))
    #expect(reply.id == "chatcmpl-96e5bb8b76dd4f309639ba00" && reply.model == "gpt-5")
    #expect(decoded.text == reply.text && decoded.wasComplete)
    #expect(decoded.events.first == .started(id: reply.id, model: "gpt-5"))
  }

  @Test func AMessageOfLlmockIsRead() throws {
    let reply = try #require(try decode("llmock/msg_stream.txt").reply)
    #expect(reply.text == "LLMock says hello from claude-sonnet-4-5.")
    #expect(reply.stopReason == .endOfTurn && reply.usage == TokenUsage(input: 1, output: 10))
  }

  @Test func LlamaCppTellsOfCachedTokens() throws {
    let message = try #require(try decode("llamacpp/msg_stream.txt").reply)
    #expect(message.text == "Hello! I'm here to help with any kind of creative")
    #expect(message.stopReason == .maxTokens && message.stopReason.isCutOff)
    #expect(message.usage == TokenUsage(input: 9, output: 12, cacheRead: 24))
    let chat = try #require(try decode("llamacpp/chat_stream.txt").reply)
    #expect(chat.usage.prompt == chat.usage.input + chat.usage.cacheRead && chat.usage.output > 0)
  }

  @Test(arguments: ["fakellm/msg_tool_t1.txt", "fakellm/chat_tool_t1.txt"])
  func AToolCallIsPutTogether(_ name: String) throws {
    let decoded = try decode(name)
    let reply = try #require(decoded.reply)
    #expect(reply.stopReason == .toolUse && reply.text.isEmpty)
    let call = try #require(reply.toolCalls.first)
    #expect(call.name == "shell" && reply.toolCalls.count == 1)
    #expect(try call.input()?["command"] == "echo fake-tool-ran")
    #expect(decoded.events.contains(.toolCallStarted(call: 0, id: call.id, name: "shell")))
    #expect(decoded.events.contains(.toolCall(call)))
  }

  @Test func TwoToolCallsStayApart() throws {
    for name in ["llmock/chat_tool_scripted2.txt", "llmock/msg_tool_scripted2.txt"] {
      let reply = try #require(try decode(name).reply)
      #expect(try reply.toolCalls.map { try $0.input()?["command"]?.string } == ["echo hi", "echo two"])
      #expect(Set(reply.toolCalls.map(\.id)).count == 2)
    }
  }

  @Test func BrokenArgumentsAreKeptForTheModelToSee() throws {
    let reply = try #require(try decode("llmock/msg_toolfault_malformed_arguments.txt").reply)
    let call = try #require(reply.toolCalls.first)
    #expect(call.arguments == "{\"command\": \"")
    #expect(throws: JSONError.self) { try call.input() }
    #expect(call.sendableInput == JSONObject([.init(key: "invalid_json", value: "{\"command\": \"")]))
  }

  @Test(arguments: [
    "llmock/chat_truncate.txt", "llmock/chat_disconnect.txt", "llmock/chat_stall.txt", "llmock/msg_truncate.txt",
    "llmock/msg_disconnect.txt", "llmock/msg_stall.txt",
  ])
  func AnAnswerWithoutItsEndIsTruncated(_ name: String) throws {
    let decoded = try decode(name)
    let error = try #require(decoded.error)
    #expect(error.kind == .truncated && error.isRetryable && error.hasVisibleOutput == !decoded.text.isEmpty)
    #expect(decoded.events.count >= 2 && !decoded.wasComplete && !decoded.couldEnd)
  }

  @Test(arguments: ["llmock/chat_malformed.txt", "llmock/msg_malformed.txt"])
  func ABrokenChunkIsAnError(_ name: String) throws {
    let error = try #require(try decode(name).error)
    #expect(error.kind == .malformed && error.isRetryable)
  }

  @Test func StatusesAreUnderstood() throws {
    func error(_ name: String) throws -> ProviderError {
      let recording = try Recording.named(name)
      return ProviderError(
        status: recording.status, headers: recording.headers, body: recording.body, now: WallTime(milliseconds: 0))
    }
    for name in ["llmock/chat_429.txt", "llmock/msg_429.txt"] {
      let limited = try error(name)
      #expect(limited.kind == .rateLimited && limited.retryAfter == .seconds(2) && limited.isRetryable)
      #expect(limited.message == "Rate limit exceeded." && limited.status == 429)
    }
    #expect(try error("llmock/msg_529.txt").kind == .overloaded)
    #expect(try error("llmock/msg_529.txt").retryAfter == .seconds(1))
    #expect(try error("llmock/chat_503.txt").kind == .overloaded)
    let overflow = try error("llamacpp/chat_ctx_overflow.txt")
    #expect(overflow.kind == .contextTooLong && !overflow.isRetryable && overflow.mayHelpElsewhere)
  }
}
