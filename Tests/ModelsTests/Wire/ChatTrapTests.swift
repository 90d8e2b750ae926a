import Testing
import WireText

@testable import Models

/// What servers that call themselves compatible were seen to send.
@Suite struct ChatTrapTests {
  private func stream(_ chunks: String..., done: Bool = true) -> Decoded {
    Decoded(.chat, chunks.map { "data: \($0)\n\n" }.joined() + (done ? "data: [DONE]\n\n" : ""))
  }

  private func calls(_ pieces: String...) throws -> [ToolCall] {
    let chunks = pieces.map { "{\"id\":\"r1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[\($0)]}}]}" }
    let end = "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}"
    let decoded = Decoded(.chat, (chunks + [end]).map { "data: \($0)\n\n" }.joined())
    let reply = try #require(decoded.reply, "\(decoded)")
    let told = decoded.events.compactMap { event in if case .toolCall(let call) = event { call } else { nil } }
    #expect(told == reply.toolCalls)
    return reply.toolCalls
  }

  private static let hello = #"{"id":"1","choices":[{"delta":{"content":"hi"},"index":0}]}"#
  private static let stop = #"{"choices":[{"delta":{},"finish_reason":"stop","index":0}]}"#

  @Test(arguments: [
    #"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}"#,
    #"{"choices":null,"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}"#,
    #"{"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_cache_hit_tokens":4}}"#,
    #"{"x_groq":{"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}}"#,
  ])
  func TheUsageChunkHasEmptyNullOrNoChoices(_ chunk: String) throws {
    let reply = try #require(stream(Self.hello, Self.stop, chunk).reply)
    #expect(reply.usage == TokenUsage(input: 5, output: 2, cacheRead: 4) && reply.text == "hi")
  }

  @Test func AnAnswerMayEndWithoutDone() throws {
    let decoded = stream(Self.hello, Self.stop, done: false)
    #expect(decoded.reply?.text == "hi" && decoded.couldEnd && !decoded.wasComplete)
  }

  @Test func AnAnswerMayEndWithDoneAlone() { #expect(stream(Self.hello).reply?.stopReason == .endOfTurn) }

  @Test(arguments: [
    ("stop", StopReason.endOfTurn), ("STOP", .endOfTurn), ("eos", .endOfTurn), ("length", .maxTokens),
    ("max_tokens", .maxTokens), ("tool_calls", .endOfTurn), ("brand_new", .other("brand_new")),
  ])
  func FinishReasonsAreOneVocabulary(_ word: String, _ reason: StopReason) {
    let end = "{\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"\(word)\"}]}"
    #expect(stream(end).reply?.stopReason == reason)
  }

  @Test(arguments: [
    ("content_filter", ProviderError.Kind.contentFilter), ("error", .server), ("abort", .server),
    ("insufficient_system_resource", .overloaded),
  ])
  func SomeFinishReasonsAreErrors(_ word: String, _ kind: ProviderError.Kind) {
    let end = "{\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"\(word)\"}]}"
    #expect(stream(end).error?.kind == kind)
    #expect(stream(end).error?.hasVisibleOutput == true)
  }

  @Test(arguments: [
    (#"{"error":{"message":"slow down","type":"rate_limit_error","code":null}}"#, ProviderError.Kind.rateLimited),
    (#"{"error":{"message":"boom","code":502},"choices":[{"delta":{},"finish_reason":"error"}]}"#, .server),
    (#"{"id":"x","error":{"code":429,"message":"upstream"},"choices":[]}"#, .rateLimited),
    (#"{"object":"error","message":"too long","type":"BadRequestError","code":400}"#, .badRequest),
    (
      #"{"object":"error","message":"This model's maximum context length is 9","type":"BadRequestError"}"#,
      .contextTooLong
    ),
    (#"{"error":"model exploded"}"#, .server),
    (#"{"choices":[{"index":0,"delta":{},"error":{"code":503,"message":"down"}}]}"#, .overloaded),
  ])
  func AnErrorInsideA200IsAnError(_ chunk: String, _ kind: ProviderError.Kind) throws {
    let error = try #require(stream(Self.hello, chunk).error)
    #expect(error.kind == kind && error.hasVisibleOutput && !error.message.isEmpty)
    #expect(Decoded(.chat, chunk, contentType: "application/json").error?.kind == kind)
  }

  @Test func AnErrorThatIsNullIsNone() {
    #expect(stream(#"{"error":null,"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}"#).reply?.text == "x")
  }

  @Test func ThoughtsComeUnderTwoNamesAndCountOnce() throws {
    let decoded = stream(
      #"{"choices":[{"delta":{"reasoning_content":"let me "}}]}"#,
      #"{"choices":[{"delta":{"reasoning":"see","reasoning_content":"see","content":""}}]}"#,
      Self.hello, Self.stop)
    #expect(decoded.reply?.parts == [.thinking(ModelThought(text: "let me see")), .text("hi")])
  }

  @Test func CallsComeInManyShapes() throws {
    let shell = ToolCall(id: "a", name: "sh", arguments: #"{"x":1}"#)
    // Repeated id and name.
    #expect(
      try calls(
        #"{"index":0,"id":"a","function":{"name":"sh","arguments":"{\"x\""}}"#,
        #"{"index":0,"id":"a","function":{"name":"sh","arguments":":1}"}}"#) == [shell])
    // Whole, in one piece; arguments as an object; the type left out.
    #expect(try calls(#"{"index":0,"id":"a","function":{"name":"sh","arguments":"{\"x\":1}"}}"#) == [shell])
    #expect(try calls(#"{"index":0,"id":"a","function":{"name":"sh","arguments":{"x":1}}}"#) == [shell])
    // No index at all.
    #expect(
      try calls(
        #"{"id":"a","function":{"name":"sh","arguments":""}}"#, #"{"function":{"arguments":"{\"x\":1}"}}"#) == [shell])
    #expect(
      try calls(
        #"{"id":"a","function":{"name":"sh","arguments":"{\"x\":1}"}}"#,
        #"{"id":"b","function":{"name":"ls","arguments":"{}"}}"#) == [
          shell, ToolCall(id: "b", name: "ls", arguments: "{}"),
        ])
    // All with index 0.
    #expect(
      try calls(
        #"{"index":0,"id":"a","function":{"name":"sh","arguments":"{\"x\":1}"}},{"index":0,"id":"b","function":{"name":"ls","arguments":"{}"}}"#
      )
        == [shell, ToolCall(id: "b", name: "ls", arguments: "{}")])
    // Interleaved.
    #expect(
      try calls(
        #"{"index":0,"id":"a","function":{"name":"sh","arguments":"{\"x\""}}"#,
        #"{"index":1,"id":"b","function":{"name":"ls","arguments":"{"}}"#,
        #"{"index":0,"function":{"arguments":":1}"}},{"index":1,"function":{"arguments":"}"}}"#)
        == [shell, ToolCall(id: "b", name: "ls", arguments: "{}")])
    // An index that begins at 3, and null where nothing is.
    #expect(
      try calls(#"{"index":3,"id":"a","type":null,"function":{"name":"sh","arguments":null}}"#)
        == [ToolCall(id: "a", name: "sh", arguments: "")])
  }

  @Test func ACallWithoutAnIdGetsOne() throws {
    let found = try calls(
      #"{"index":0,"function":{"name":"a","arguments":"{}"}}"#, #"{"index":1,"function":{"name":"b","arguments":"{}"}}"#
    )
    #expect(found.map(\.id) == ["call_r1_0", "call_r1_1"] && found.map(\.name) == ["a", "b"])
  }

  @Test func StopAfterACallIsToolUse() throws {
    let decoded = stream(
      #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"{}"}}]}}]}"#,
      Self.stop)
    #expect(decoded.reply?.stopReason == .toolUse)
  }

  @Test func TheOldFunctionCallIsACall() throws {
    let decoded = stream(
      #"{"id":"q","choices":[{"delta":{"function_call":{"name":"x","arguments":"{\"a\""}}}]}"#,
      #"{"choices":[{"delta":{"function_call":{"arguments":":1}"}},"finish_reason":"function_call"}]}"#)
    #expect(decoded.reply?.toolCalls == [ToolCall(id: "call_q_0", name: "x", arguments: #"{"a":1}"#)])
  }

  @Test func AnAnswerThatSaysNothingIsAnError() throws {
    #expect(stream(Self.stop).error?.kind == .emptyResult)
    #expect(stream(#"{"choices":[{"delta":{"content":" \n"},"finish_reason":"stop"}]}"#).error?.kind == .emptyResult)
    let cut = try #require(
      stream(
        #"{"choices":[{"delta":{"reasoning":"hm"},"finish_reason":"length"}]}"#,
        #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":64}}"#
      ).error)
    #expect(cut.kind == .emptyResult && !cut.isRetryable && cut.usage == TokenUsage(input: 1, output: 64))
  }

  @Test func ARefusalIsAnErrorOfItsOwn() {
    let decoded = stream(
      #"{"choices":[{"delta":{"refusal":"I can"}}]}"#,
      #"{"choices":[{"delta":{"refusal":"not"},"finish_reason":"stop"}]}"#)
    #expect(decoded.error?.kind == .refusal && decoded.error?.message == "I cannot")
  }

  @Test func AWholeAnswerIsReadToo() throws {
    let text = """
      {"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi","reasoning":"hm",
      "tool_calls":[{"id":"a","type":"function","function":{"name":"sh","arguments":"{}"}}]},"finish_reason":"stop"}],
      "usage":{"prompt_tokens":2,"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":1}}}
      """
    for type in ["application/json", nil, "text/plain"] {
      let decoded = Decoded(.chat, text, contentType: type)
      let reply = try #require(decoded.reply)
      #expect(reply.text == "hi" && reply.stopReason == .toolUse && reply.toolCalls.count == 1)
      #expect(reply.usage == TokenUsage(input: 2, output: 3, reasoning: 1))
      #expect(decoded.text == "hi")
    }
    #expect(Decoded(.chat, String(text.dropLast(30)), contentType: "application/json").error?.kind == .truncated)
    #expect(Decoded(.chat, "{}", contentType: "application/json").error?.kind == .malformed)
    #expect(Decoded(.chat, "", contentType: "application/json").error?.kind == .truncated)
  }

  @Test func APageIsNoAnswer() {
    for type in ["text/html", "text/event-stream", nil] {
      let error = Decoded(.chat, "<html><body>\nBad gateway</body></html>", contentType: type).error
      #expect(error?.kind == .malformed && error?.message.contains("Bad gateway") == true)
    }
    #expect(Decoded(.chat, "", contentType: nil).error?.kind == .truncated)
    #expect(Decoded(.chat, ": waiting\n\n: waiting\n\n").error?.kind == .truncated)
  }
}
