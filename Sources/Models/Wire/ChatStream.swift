import WireText

/// Reads the chunks of a streamed answer in the format of OpenAI's Chat Completions, as a dozen servers write it, and the
/// whole answer where it was not streamed.
///
/// An answer has ended when its `finish_reason` or `[DONE]` has come: some servers leave out the one, some the other. After a
/// finish reason a chunk with the usage may follow, so `isComplete` waits for `[DONE]`, and `mayEnd` says that the end of the
/// stream is now a good one. Sources: OpenAI's API reference, the errors and streaming pages of OpenRouter, recorded bytes.
struct ChatStream: Sendable {
  private(set) var builder = ReplyBuilder()
  private(set) var calls = ChatCalls()
  /// True once nothing more is to come.
  private(set) var isComplete = false
  /// True once the answer is whole, though its usage may follow.
  private(set) var mayEnd = false
  private var hasStarted = false
  private var textPlace: Int?
  private var thoughtPlace: Int?
  private var refusal: String?
  private var stopped: ProviderError?

  mutating func take(_ event: ServerSentEvent, _ events: inout [ModelEvent]) throws(ProviderError) {
    guard !isComplete else { return }
    let data = event.data[...].trimmingSpaces
    if data.isEmpty { return events.append(.keepAlive) }
    if data.elementsEqual("[DONE]".utf8) {
      isComplete = true
      mayEnd = true
      return
    }
    let value: JSONValue
    do throws(JSONError) { value = try JSONReader.read(event.data) } catch {
      throw ProviderError(kind: .malformed, message: "a chunk is broken: \(error)")
    }
    if event.name.elementsEqual("error".utf8) { throw ProviderError(event: value) }
    try chunk(value, &events)
  }

  private mutating func chunk(_ value: JSONValue, _ events: inout [ModelEvent]) throws(ProviderError) {
    try ChatStream.refuseError(value)
    start(value, &events)
    // The answer's own choice comes first in what we ask for; other indices were not asked for.
    for choice in value["choices"]?.array ?? [] where (choice["index"]?.integer ?? 0) == 0 {
      if let error = choice["error"], !error.isNull { throw ProviderError(event: choice) }
      if let delta = choice["delta"] ?? choice["message"] { say(delta, &events) }
      if let reason = choice["finish_reason"]?.string, !reason.isEmpty { end(reason, choice) }
    }
    if let usage = (value["usage"] ?? value["x_groq"]?["usage"]).flatMap(TokenUsage.init(chat:)) {
      builder.usage = usage
      events.append(.usage(usage))
    }
  }

  /// OpenAI, OpenRouter, LiteLLM and SGLang put `error` into a chunk, vLLM writes `{"object":"error",…}`.
  private static func refuseError(_ value: JSONValue) throws(ProviderError) {
    for error in [value["error"], value["x_groq"]?["error"]] {
      guard let error, !error.isNull else { continue }
      throw ProviderError(event: .object(JSONObject([.init(key: "error", value: error)])))
    }
    if value["object"]?.string == "error" { throw ProviderError(event: value) }
  }

  private mutating func start(_ value: JSONValue, _ events: inout [ModelEvent]) {
    guard !hasStarted, value["choices"] != nil || value["id"] != nil else { return }
    hasStarted = true
    builder.id = value["id"]?.string
    builder.model = value["model"]?.string
    events.append(.started(id: builder.id, model: builder.model))
  }

  private mutating func say(_ delta: JSONValue, _ events: inout [ModelEvent]) {
    // `reasoning` (vLLM, OpenRouter, Groq) or `reasoning_content` (DeepSeek, llama.cpp): some send both, with the same words.
    if let thought = delta["reasoning"]?.string ?? delta["reasoning_content"]?.string, !thought.isEmpty {
      let place = thoughtPlace ?? builder.begin(.thinking(ModelThought(text: "")))
      thoughtPlace = place
      builder.append(thought: thought, to: place, &events)
    }
    if let words = delta["content"].map(ChatStream.words), !words.isEmpty {
      let place = textPlace ?? builder.begin(.text(""))
      textPlace = place
      builder.append(text: words, to: place, &events)
    }
    if let words = delta["refusal"]?.string, !words.isEmpty { refusal = (refusal ?? "") + words }
    for call in delta["tool_calls"]?.array ?? [] { calls.take(call, &builder, &events) }
    if let function = delta["function_call"], function.object != nil {
      calls.take(["index": 0, "function": function], &builder, &events)
    }
  }

  /// Content is a text, or a list of pieces with texts (Mistral).
  private static func words(_ content: JSONValue) -> String {
    if let text = content.string { return text }
    return (content.array ?? []).reduce(into: "") { text, piece in
      if piece["type"]?.string == "text" { text += piece["text"]?.string ?? "" }
    }
  }

  private mutating func end(_ reason: String, _ choice: JSONValue) {
    mayEnd = true
    switch ASCIIText.lowered(reason) {
    case "content_filter", "safety", "recitation", "prohibited_content", "blocklist":
      stopped = ProviderError(kind: .contentFilter, message: choice["native_finish_reason"]?.string ?? "")
    case "error": stopped = ProviderError(kind: .server, message: "the provider ended the answer with an error")
    case "abort", "aborted", "cancelled", "canceled":
      stopped = ProviderError(kind: .server, message: "the provider gave the answer up")
    case "insufficient_system_resource":
      stopped = ProviderError(kind: .overloaded, message: "the provider ran out of resources")
    case let word: builder.stopReason = StopReason(chat: word)
    }
  }

  /// The answer, once the stream has ended.
  mutating func finish(_ events: inout [ModelEvent]) throws(ProviderError) -> ModelReply {
    guard mayEnd else {
      throw ProviderError(kind: .truncated, message: "the stream ended without finish_reason or [DONE]")
    }
    if let stopped { throw stopped }
    for call in calls.places.compactMap({ builder.call(at: $0) }) { events.append(.toolCall(call)) }
    if let refusal, !builder.hasVisibleOutput { throw ProviderError(kind: .refusal, message: refusal) }
    return try builder.reply()
  }

  /// The answer that one JSON object is.
  mutating func whole(_ value: JSONValue, _ events: inout [ModelEvent]) throws(ProviderError) -> ModelReply {
    try ChatStream.refuseError(value)
    guard let choices = value["choices"]?.array, !choices.isEmpty else {
      throw ProviderError(kind: .malformed, message: "the answer has no choices")
    }
    try chunk(value, &events)
    // A whole answer without a reason (some servers send null) is whole: its bytes were.
    mayEnd = true
    isComplete = true
    return try finish(&events)
  }
}

extension StopReason {
  init(chat reason: String) {
    self =
      switch reason {
      case "stop", "eos", "eos_token", "end_turn", "complete": .endOfTurn
      case "length", "max_tokens", "max_output_tokens", "model_length": .maxTokens
      case "tool_calls", "tool_call", "tool_use", "function_call": .toolUse
      case "stop_sequence": .stopSequence
      default: .other(reason)
      }
  }
}

extension ArraySlice<UInt8> {
  /// The bytes without the spaces around them.
  var trimmingSpaces: ArraySlice<UInt8> {
    var slice = self
    while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
    while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
    return slice
  }
}
