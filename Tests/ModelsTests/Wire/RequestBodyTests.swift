import Testing
import WireText

@testable import Models

@Suite struct RequestBodyTests {
  private static let tool = ModelTool(name: "sh", description: "runs", schema: ["type": "object"])

  /// A tool loop after one round, with what other wires do not know.
  private static let loop: ModelRequest = {
    var request = ModelRequest(
      model: "m", system: "be brief",
      messages: [
        .user("list"),
        ModelMessage(
          role: .assistant,
          parts: [
            .thinking(ModelThought(text: "hm", signature: "sig")), .thinking(ModelThought(text: "unsigned")),
            .text("ok"),
            .toolCall(ToolCall(id: "call:1", name: "sh", arguments: #"{"b":1,"a":2}"#)),
            .toolCall(ToolCall(id: "2", name: "sh", arguments: "{broken")),
          ]),
        ModelMessage(
          role: .user, parts: [.text("hurry"), .toolResult(ToolResult(callID: "call:1", text: "a.txt"))]),
        .results([ToolResult(callID: "2", text: "no such file", isError: true)]),
      ])
    request.tools = [tool]
    request.maxTokens = 100
    return request
  }()

  @Test func AnthropicGetsAToolLoopInItsOrder() {
    #expect(
      String(decoding: AnthropicBody.bytes(Self.loop), as: UTF8.self)
        == #"{"model":"m","max_tokens":100,"stream":true,"tools":[{"name":"sh","description":"runs","input_schema":{"type":"object"}}],"#
        + #""system":"be brief","messages":[{"role":"user","content":[{"type":"text","text":"list"}]},"#
        + #"{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"text","text":"ok"},"#
        + #"{"type":"tool_use","id":"call_1","name":"sh","input":{"b":1,"a":2}},"#
        + #"{"type":"tool_use","id":"2","name":"sh","input":{"invalid_json":"{broken"}}]},"#
        + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"a.txt"},"#
        + #"{"type":"tool_result","tool_use_id":"2","is_error":true,"content":"no such file"},{"type":"text","text":"hurry"}]}]}"#
    )
  }

  @Test func ChatGetsAToolLoopInItsOrder() {
    #expect(
      String(decoding: ChatBody.bytes(Self.loop, ChatQuirks()), as: UTF8.self)
        == #"{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":100,"#
        + #""tools":[{"type":"function","function":{"name":"sh","description":"runs","parameters":{"type":"object"}}}],"#
        + #""messages":[{"role":"system","content":"be brief"},{"role":"user","content":"list"},"#
        + #"{"role":"assistant","content":"ok","tool_calls":[{"id":"call:1","type":"function","function":{"name":"sh","arguments":"{\"b\":1,\"a\":2}"}},"#
        + #"{"id":"2","type":"function","function":{"name":"sh","arguments":"{\"invalid_json\":\"{broken\"}"}}]},"#
        + #"{"role":"tool","tool_call_id":"call:1","content":"a.txt"},{"role":"user","content":"hurry"},"#
        + #"{"role":"tool","tool_call_id":"2","content":"Error: no such file"}]}"#)
  }

  @Test func NothingIsSentThatNobodySet() throws {
    let bare = ModelRequest(model: "m", messages: [.user("q")])
    for body in [AnthropicBody.bytes(bare), ChatBody.bytes(bare, ChatQuirks())] {
      let keys = try #require(try JSONReader.read(body).object?.members.map(\.key))
      for key in [
        "temperature", "top_p", "top_k", "stop", "stop_sequences", "thinking", "tools", "tool_choice", "system",
        "reasoning_effort", "response_format", "output_config", "cache_control", "parallel_tool_calls",
      ] { #expect(!keys.contains(key)) }
    }
    // Anthropic needs a limit, the others do not.
    #expect(try JSONReader.read(AnthropicBody.bytes(bare))["max_tokens"] == 8192)
    #expect(try JSONReader.read(ChatBody.bytes(bare, ChatQuirks()))["max_tokens"] == nil)
  }

  @Test func WhatWasSetIsSent() throws {
    var request = ModelRequest(model: "m", messages: [.user("q")])
    request.sampling.temperature = 0.5
    request.sampling.topK = 4
    request.thinking = .budget(2048)
    request.effort = "high"
    request.schema = OutputSchema(schema: ["type": "object"], isStrict: true)
    request.cache = .long
    request.stop = ["a", "b", "c", "d", "e"]
    request.tools = [Self.tool]
    request.toolChoice = .named("sh")
    request.allowsParallelCalls = false
    request.isStreaming = false
    request.extra = ["seed": 7, "max_tokens": 5]
    let anthropic = try JSONReader.read(AnthropicBody.bytes(request))
    #expect(anthropic["temperature"]?.double == 0.5 && anthropic["top_k"] == 4 && anthropic["stream"] == nil)
    #expect(anthropic["thinking"] == ["type": "enabled", "budget_tokens": 2048])
    #expect(
      anthropic["output_config"] == [
        "effort": "high", "format": ["type": "json_schema", "schema": ["type": "object"]],
      ])
    #expect(anthropic["cache_control"] == ["type": "ephemeral", "ttl": "1h"])
    #expect(anthropic["tool_choice"] == ["type": "tool", "name": "sh", "disable_parallel_tool_use": true])
    #expect(anthropic["stop_sequences"]?.array?.count == 5 && anthropic["max_tokens"] == 5 && anthropic["seed"] == 7)
    let chat = try JSONReader.read(ChatBody.bytes(request, ModelProvider.openai.quirks))
    #expect(chat["response_format"]?["json_schema"]?["strict"] == true && chat["reasoning_effort"] == "high")
    #expect(
      chat["tool_choice"] == ["type": "function", "function": ["name": "sh"]] && chat["parallel_tool_calls"] == false)
    #expect(chat["stop"]?.array?.count == 4 && chat["stream"] == nil && chat["stream_options"] == nil)
  }

  @Test func ASchemaGoesIntoThePromptWhereThereIsNoOtherPlace() throws {
    var request = ModelRequest(model: "m", messages: [.user("q")])
    request.schema = OutputSchema(schema: ["type": "array"])
    let chat = try JSONReader.read(ChatBody.bytes(request, ChatQuirks(schemaForm: .prompt)))
    #expect(chat["messages"]?.array?.first?["content"]?.string?.contains(#"{"type":"array"}"#) == true)
    #expect(chat["response_format"] == nil)
  }

  @Test func EmptyWordsAndEmptyTurnsAreLeftOut() throws {
    let request = ModelRequest(
      model: "m", system: " ", messages: [.user("a"), .assistant(""), .user(" \n"), .user("b")])
    let anthropic = try JSONReader.read(AnthropicBody.bytes(request))
    #expect(
      anthropic["messages"] == [
        ["role": "user", "content": [["type": "text", "text": "a"], ["type": "text", "text": "b"]]]
      ])
    #expect(anthropic["system"] == nil)
  }

  @Test func PicturesGoToBothWires() throws {
    let image = ModelImage(mediaType: "image/png", base64: "QUJD")
    let request = ModelRequest(
      model: "m",
      messages: [
        ModelMessage(role: .user, parts: [.text("what?"), .image(image)]),
        .results([ToolResult(callID: "c", text: "", images: [image])]),
      ])
    let anthropic = String(decoding: AnthropicBody.bytes(request), as: UTF8.self)
    #expect(anthropic.contains(#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}}"#))
    let chat = String(decoding: ChatBody.bytes(request, ChatQuirks()), as: UTF8.self)
    #expect(chat.contains(#"{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}"#))
    #expect(chat.contains("(1 images, which cannot be shown here)"))
  }

  @Test(arguments: ModelProvider.presets)
  func PresetsMakeWholeRequests(_ provider: ModelProvider) throws {
    var request = ModelRequest(model: "m", messages: [.user("q")])
    request.maxTokens = 5
    let made = try provider.wireRequest(request, key: " sk-test\n")
    #expect(
      made.url.hasPrefix("http") && !made.url.contains("//v1") && made.headers["content-type"] == "application/json")
    let key = provider.authorization == .apiKey ? made.headers["x-api-key"] : made.headers["authorization"]
    #expect(key == (provider.authorization == .apiKey ? "sk-test" : "Bearer sk-test"))
    #expect(!"\(made)".contains("sk-test") && !String(reflecting: made).contains("sk-test"))
    #expect(provider.format == .chat || made.headers["anthropic-version"] == "2026-10-21")
    #expect(provider.isKeyOptional == provider.isLocal)
    #expect(try JSONReader.read(made.body)["model"] == "m")
  }

  @Test func RoutesAreFoundFromAnyBase() {
    func url(_ format: WireFormat, _ base: String) -> String {
      ModelProvider(name: "x", format: format, baseURL: base).messagesURL
    }
    for base in ["http://h", "http://h/", "http://h/v1", "http://h/v1/"] {
      #expect(url(.anthropic, base) == "http://h/v1/messages")
    }
    #expect(url(.chat, "http://h/v1/") == "http://h/v1/chat/completions")
  }

  @Test func AMissingOrBrokenKeyIsToldByItsVariable() {
    let request = ModelRequest(model: "m", messages: [.user("q")])
    for key in [nil, "", " \n", "a\u{0}b", "sk-ü", "a b"] {
      let error = #expect(throws: ProviderError.self) { try ModelProvider.openai.wireRequest(request, key: key) }
      #expect(error?.kind == .authentication && error?.message.contains("OPENAI_API_KEY") == true)
      if let key, key.count > 2 { #expect(error?.message.contains(key) == false) }
    }
  }
}
