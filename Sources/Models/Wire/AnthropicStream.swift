import WireText

/// Reads the events of a streamed answer in Anthropic's Messages format, and the whole answer where it was not streamed.
///
/// What is not known (events, blocks, deltas) is passed over, as the format asks of its readers. Only `message_stop` ends an
/// answer. Source: platform.claude.com, "Streaming messages" and "Stop reasons", and recorded bytes.
struct AnthropicStream: Sendable {
  private(set) var builder = ReplyBuilder()
  /// True once `message_stop` has come.
  private(set) var isComplete = false
  private var blocks: [Int64: Block] = [:]
  private var refusal: String?

  private struct Block {
    let place: Int
    /// The number of the call, if this is one.
    var call: Int?
    /// Input that came whole with the block's start: it counts if no piece follows.
    var wholeInput: String?
  }

  mutating func take(_ event: ServerSentEvent, _ events: inout [ModelEvent]) throws(ProviderError) {
    guard !isComplete else { return }
    guard !event.data.isEmpty else { return events.append(.keepAlive) }
    let value: JSONValue
    do throws(JSONError) { value = try JSONReader.read(event.data) } catch {
      throw ProviderError(kind: .malformed, message: "an event is broken: \(error)")
    }
    guard let type = value["type"]?.string else {
      if value["error"] != nil { throw ProviderError(event: value) }
      return
    }
    switch type {
    case "message_start": start(value["message"] ?? .null, &events)
    case "content_block_start": open(value, &events)
    case "content_block_delta": delta(value, &events)
    case "content_block_stop": close(value["index"]?.integer ?? -1, &events)
    case "message_delta": end(value, &events)
    case "message_stop": isComplete = true
    case "error": throw ProviderError(event: value)
    case "ping": events.append(.keepAlive)
    default: break
    }
  }

  private mutating func start(_ message: JSONValue, _ events: inout [ModelEvent]) {
    builder.id = message["id"]?.string
    builder.model = message["model"]?.string
    events.append(.started(id: builder.id, model: builder.model))
    count(message["usage"], &events)
  }

  private mutating func count(_ usage: JSONValue?, _ events: inout [ModelEvent]) {
    guard let usage, usage.object != nil else { return }
    builder.usage.take(anthropic: usage)
    events.append(.usage(builder.usage))
  }

  private mutating func open(_ value: JSONValue, _ events: inout [ModelEvent]) {
    guard let index = value["index"]?.integer, blocks[index] == nil, let block = value["content_block"] else { return }
    if let opened = builder.open(block, &events) {
      blocks[index] = Block(place: opened.place, call: opened.call, wholeInput: opened.input)
    }
  }

  private mutating func delta(_ value: JSONValue, _ events: inout [ModelEvent]) {
    guard let block = blocks[value["index"]?.integer ?? -1], let delta = value["delta"] else { return }
    switch delta["type"]?.string {
    case "text_delta": builder.append(text: delta["text"]?.string ?? "", to: block.place, &events)
    case "thinking_delta": builder.append(thought: delta["thinking"]?.string ?? "", to: block.place, &events)
    case "signature_delta": builder.append(signature: delta["signature"]?.string ?? "", to: block.place)
    case "input_json_delta":
      guard let call = block.call, let piece = delta["partial_json"]?.string, !piece.isEmpty else { return }
      builder.append(arguments: piece, to: block.place, call: call, &events)
    default: break
    }
  }

  private mutating func close(_ index: Int64, _ events: inout [ModelEvent]) {
    guard let block = blocks.removeValue(forKey: index) else { return }
    builder.close(block.place, block.call, wholeInput: block.wholeInput, &events)
  }

  private mutating func end(_ value: JSONValue, _ events: inout [ModelEvent]) {
    count(value["usage"], &events)
    guard let reason = value["delta"]?["stop_reason"]?.string else { return }
    builder.stopReason = StopReason(anthropic: reason)
    if reason == "refusal" {
      let details = value["delta"]?["stop_details"]
      refusal = details?["explanation"]?.string ?? details?["category"]?.string ?? ""
    }
  }

  /// The answer, once the stream has ended.
  mutating func finish(_ events: inout [ModelEvent]) throws(ProviderError) -> ModelReply {
    guard isComplete else {
      throw ProviderError(kind: .truncated, message: "the stream ended without message_stop")
    }
    // A block that was never closed is whole nevertheless: the message is.
    for index in blocks.keys.sorted() { close(index, &events) }
    if let refusal { throw ProviderError(kind: .refusal, message: refusal, usage: builder.usage) }
    return try builder.reply()
  }

  /// The answer that one JSON object is.
  mutating func whole(_ value: JSONValue, _ events: inout [ModelEvent]) throws(ProviderError) -> ModelReply {
    if value["error"] != nil || value["type"]?.string == "error" { throw ProviderError(event: value) }
    guard let content = value["content"]?.array else {
      throw ProviderError(kind: .malformed, message: "the answer has no content")
    }
    start(value, &events)
    for block in content {
      guard let opened = builder.open(block, &events) else { continue }
      builder.close(opened.place, opened.call, wholeInput: opened.input, &events)
    }
    end(.object(JSONObject([.init(key: "delta", value: value)])), &events)
    isComplete = true
    return try finish(&events)
  }
}

extension ReplyBuilder {
  /// Begins the part that a content block stands for, with what the block holds already. Nil for blocks that are not known.
  fileprivate mutating func open(
    _ block: JSONValue, _ events: inout [ModelEvent]
  ) -> (place: Int, call: Int?, input: String?)? {
    switch block["type"]?.string {
    case "text":
      let place = begin(.text(""))
      append(text: block["text"]?.string ?? "", to: place, &events)
      return (place, nil, nil)
    case "thinking":
      let place = begin(.thinking(ModelThought(text: "")))
      append(thought: block["thinking"]?.string ?? "", to: place, &events)
      if let signature = block["signature"]?.string, !signature.isEmpty { append(signature: signature, to: place) }
      return (place, nil, nil)
    case "redacted_thinking":
      return (begin(.thinking(ModelThought(text: "", sealed: block["data"]?.string ?? ""))), nil, nil)
    case "tool_use":
      let id = block["id"]?.string ?? ""
      let (place, call) = beginCall(id: id.isEmpty ? inventedID() : id, name: block["name"]?.string ?? "", &events)
      let input = block["input"].flatMap { $0.object?.isEmpty == false ? $0.description : nil }
      return (place, call, input)
    default: return nil
    }
  }

  fileprivate mutating func close(_ place: Int, _ call: Int?, wholeInput: String?, _ events: inout [ModelEvent]) {
    guard let call, let before = self.call(at: place) else { return }
    if before.arguments.isEmpty, let wholeInput { append(arguments: wholeInput, to: place, call: call, &events) }
    if let whole = self.call(at: place) { events.append(.toolCall(whole)) }
  }
}

extension StopReason {
  init(anthropic reason: String) {
    self =
      switch reason {
      case "end_turn", "refusal": .endOfTurn
      case "max_tokens": .maxTokens
      case "stop_sequence": .stopSequence
      case "tool_use": .toolUse
      case "pause_turn": .paused
      case "model_context_window_exceeded": .contextWindow
      default: .other(reason)
      }
  }
}
