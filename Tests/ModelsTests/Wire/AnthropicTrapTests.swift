import Testing
import WireText

@testable import Models

@Suite struct AnthropicTrapTests {
  private func stream(_ events: String...) -> Decoded {
    Decoded(.anthropic, events.map { "data: \($0)\n\n" }.joined())
  }

  private static let start =
    #"{"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":3,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":5}}}}"#
  private static let text = #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"hi"}}"#
  private static let stop = #"{"type":"message_stop"}"#

  private func end(_ reason: String) -> String {
    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"\(reason)\"},\"usage\":{\"output_tokens\":9,\"output_tokens_details\":{\"thinking_tokens\":4}}}"
  }

  @Test(arguments: [
    ("end_turn", StopReason.endOfTurn), ("max_tokens", .maxTokens), ("stop_sequence", .stopSequence),
    ("pause_turn", .paused), ("model_context_window_exceeded", .contextWindow), ("new_one", .other("new_one")),
  ])
  func StopReasonsAreOneVocabulary(_ word: String, _ reason: StopReason) throws {
    let reply = try #require(stream(Self.start, Self.text, end(word), Self.stop).reply)
    #expect(reply.stopReason == reason)
    #expect(reply.usage == TokenUsage(input: 3, output: 9, cacheWrite: 2, cacheWriteLong: 5, reasoning: 4))
  }

  @Test func CountsOfTheEndReplaceThoseOfTheStart() throws {
    let late =
      #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":4,"cache_read_input_tokens":1,"output_tokens":9}}"#
    let reply = try #require(stream(Self.start, Self.text, late, Self.stop).reply)
    #expect(reply.usage == TokenUsage(input: 4, output: 9, cacheRead: 1, cacheWrite: 2, cacheWriteLong: 5))
  }

  @Test func ARefusalIsAnErrorThatSaysWhy() {
    let end =
      #"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","category":"cyber","explanation":"no"}}}"#
    let error = stream(Self.start, Self.text, end, Self.stop).error
    #expect(error?.kind == .refusal && error?.message == "no" && error?.hasVisibleOutput == true)
  }

  @Test(arguments: [
    ("overloaded_error", ProviderError.Kind.overloaded), ("rate_limit_error", .rateLimited), ("api_error", .server),
    ("invalid_request_error", .badRequest), ("authentication_error", .authentication), ("billing_error", .billing),
    ("timeout_error", .timeout), ("a_new_error", .server),
  ])
  func AnErrorEventIsAnError(_ type: String, _ kind: ProviderError.Kind) {
    let event = "{\"type\":\"error\",\"error\":{\"type\":\"\(type)\",\"message\":\"so\"},\"request_id\":\"req_1\"}"
    let error = stream(Self.start, Self.text, event, Self.stop).error
    #expect(error?.kind == kind && error?.message == "so" && error?.requestID == "req_1")
  }

  @Test func WhatIsNotKnownIsPassedOver() {
    let decoded = stream(
      Self.start, #"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s"}}"#,
      #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
      #"{"type":"content_block_delta","index":9,"delta":{"type":"text_delta","text":"lost"}}"#,
      #"{"type":"content_block_stop","index":0}"#, #"{"type":"hello"}"#, #"{"no":"type"}"#,
      #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
      #"{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{}}}"#,
      #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"hi"}}"#, end("end_turn"),
      Self.stop,
      #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" after the end"}}"#)
    #expect(decoded.reply?.parts == [.text("hi")])
  }

  @Test func EmptyInputIsAnEmptyObject() throws {
    let reply = try #require(
      stream(
        Self.start,
        #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}"#,
        #"{"type":"content_block_stop","index":0}"#, end("tool_use"), Self.stop
      ).reply)
    #expect(try reply.toolCalls.first?.input() == JSONObject())
  }

  @Test func InputThatCameWholeCounts() throws {
    let whole =
      #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{"b":1,"a":2}}}"#
    let decoded = stream(Self.start, whole, #"{"type":"content_block_stop","index":0}"#, end("tool_use"), Self.stop)
    #expect(decoded.reply?.toolCalls.first?.arguments == #"{"b":1,"a":2}"#)
  }

  @Test func SealedThoughtsAndSignaturesAreKeptToTheByte() throws {
    let reply = try #require(
      stream(
        Self.start,
        #"{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"Em/+="}}"#,
        #"{"type":"content_block_stop","index":0}"#,
        #"{"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"signature_delta","signature":"c2l+"}}"#,
        #"{"type":"content_block_stop","index":1}"#,
        #"{"type":"content_block_start","index":2,"content_block":{"type":"text","text":"x"}}"#, end("end_turn"),
        Self.stop
      ).reply)
    var next = ModelRequest(model: "c", messages: [.user("q"), reply.message, .user("more")])
    next.isStreaming = false
    let body = String(decoding: AnthropicBody.bytes(next), as: UTF8.self)
    #expect(
      body.contains(
        #"{"type":"redacted_thinking","data":"Em/+="},{"type":"thinking","thinking":"","signature":"c2l+"}"#))
  }

  @Test func WithoutMessageStopNothingCounts() {
    #expect(stream(Self.start, Self.text, end("end_turn")).error?.kind == .truncated)
    #expect(stream(Self.start, end("end_turn"), Self.stop).error?.kind == .emptyResult)
  }

  @Test func AWholeMessageIsReadToo() throws {
    let text = """
      {"type":"message","id":"m","model":"c","role":"assistant","stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2},
      "content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"so"},{"type":"tool_use","id":"t","name":"n","input":{"a":1}}]}
      """
    let reply = try #require(Decoded(.anthropic, text, contentType: "application/json").reply)
    #expect(
      reply.parts == [
        .thinking(ModelThought(text: "hm", signature: "s")), .text("so"),
        .toolCall(ToolCall(id: "t", name: "n", arguments: #"{"a":1}"#)),
      ])
    #expect(reply.stopReason == .toolUse && reply.usage.total == 3)
    let error = Decoded(
      .anthropic, #"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#, contentType: nil
    ).error
    #expect(error?.kind == .overloaded)
  }
}
