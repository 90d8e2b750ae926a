import WireText

/// Writes a request in Anthropic's Messages format.
///
/// By version 2026-10-21 sampling parameters are refused even at their defaults: only those that the script set are written. Empty
/// texts are refused, messages of one role in a row are put together (all results of one turn belong into one message), and
/// thoughts without a signature stay out.
enum AnthropicBody {
  /// What stands where the request names no limit: the format needs one.
  static let defaultMaxTokens = 8192

  static func bytes(_ request: ModelRequest) -> [UInt8] {
    BodyWriter.body(request.extra) { body in
      body.field("model", request.model)
      body.field("max_tokens", request.maxTokens ?? defaultMaxTokens)
      if request.isStreaming { body.field("stream", true) }
      controls(request, &body)
      if !request.tools.isEmpty { tools(request, &body) }
      if !ASCIIText.isBlank(request.system) { body.field("system", request.system) }
      body.field("messages") { json in
        json.array { json in for message in merged(request.messages) { self.message(message, &json) } }
      }
    }
  }

  private static func controls(_ request: ModelRequest, _ body: inout BodyWriter) {
    body.field("temperature", request.sampling.temperature)
    body.field("top_p", request.sampling.topP)
    body.field("top_k", request.sampling.topK)
    body.field("stop_sequences", request.stop)
    switch request.thinking {
    case .off: body.field("thinking") { $0.value(["type": "disabled"]) }
    case .adaptive: body.field("thinking") { $0.value(["type": "adaptive"]) }
    case .budget(let tokens):
      body.field("thinking") { $0.value(["type": "enabled", "budget_tokens": .integer(Int64(tokens))]) }
    case nil: break
    }
    if request.effort != nil || request.schema != nil {
      body.field("output_config") { json in
        json.object { json in
          if let effort = request.effort { json.field("effort", effort) }
          if let schema = request.schema { json.field("format", ["type": "json_schema", "schema": schema.schema]) }
        }
      }
    }
    switch request.cache {
    case .off: break
    case .short: body.field("cache_control") { $0.value(["type": "ephemeral"]) }
    case .long: body.field("cache_control") { $0.value(["type": "ephemeral", "ttl": "1h"]) }
    }
  }

  private static func tools(_ request: ModelRequest, _ body: inout BodyWriter) {
    body.field("tools") { json in
      json.array { json in
        for tool in request.tools {
          json.value([
            "name": .string(tool.name), "description": .string(tool.description), "input_schema": tool.schema,
          ])
        }
      }
    }
    var choice: JSONObject
    switch request.toolChoice {
    case .automatic:
      if request.allowsParallelCalls == nil { return }
      choice = JSONObject([.init(key: "type", value: "auto")])
    case .required: choice = JSONObject([.init(key: "type", value: "any")])
    case .forbidden: choice = JSONObject([.init(key: "type", value: "none")])
    case .named(let name):
      choice = JSONObject([.init(key: "type", value: "tool"), .init(key: "name", value: .string(name))])
    }
    if let allows = request.allowsParallelCalls, request.toolChoice != .forbidden {
      choice["disable_parallel_tool_use"] = .bool(!allows)
    }
    body.field("tool_choice") { $0.value(.object(choice)) }
  }

  /// Messages that say something, neighbours of one role as one, results of tools before anything else in theirs.
  private static func merged(_ messages: [ModelMessage]) -> [ModelMessage] {
    var merged: [ModelMessage] = []
    for message in messages {
      let parts = message.parts.filter(isSendable)
      guard !parts.isEmpty else { continue }
      if let last = merged.last, last.role == message.role {
        merged[merged.count - 1].parts += parts
      } else {
        merged.append(ModelMessage(role: message.role, parts: parts))
      }
    }
    return merged.map { message in
      guard message.role == .user else { return message }
      func isResult(_ part: MessagePart) -> Bool { if case .toolResult = part { true } else { false } }
      return ModelMessage(
        role: .user, parts: message.parts.filter(isResult) + message.parts.filter { !isResult($0) })
    }
  }

  private static func isSendable(_ part: MessagePart) -> Bool {
    switch part {
    case .text(let text): !ASCIIText.isBlank(text)
    case .thinking(let thought): thought.signature?.isEmpty == false || thought.sealed != nil
    case .image, .toolCall, .toolResult: true
    }
  }

  private static func message(_ message: ModelMessage, _ json: inout JSONWriter) {
    json.object { json in
      json.field("role", message.role.rawValue)
      json.key("content")
      json.array { json in for part in message.parts { self.part(part, &json) } }
    }
  }

  private static func part(_ part: MessagePart, _ json: inout JSONWriter) {
    switch part {
    case .text(let text): json.value(["type": "text", "text": .string(text)])
    case .image(let image): json.value(block(image))
    case .thinking(let thought):
      if let sealed = thought.sealed {
        json.value(["type": "redacted_thinking", "data": .string(sealed)])
      } else {
        json.value([
          "type": "thinking", "thinking": .string(thought.text), "signature": .string(thought.signature ?? ""),
        ])
      }
    case .toolCall(let call):
      json.value([
        "type": "tool_use", "id": .string(toolID(call.id)), "name": .string(call.name),
        "input": .object(call.sendableInput),
      ])
    case .toolResult(let result): json.value(self.result(result))
    }
  }

  private static func block(_ image: ModelImage) -> JSONValue {
    [
      "type": "image",
      "source": ["type": "base64", "media_type": .string(image.mediaType), "data": .string(image.base64)],
    ]
  }

  private static func result(_ result: ToolResult) -> JSONValue {
    var object = JSONObject([
      .init(key: "type", value: "tool_result"), .init(key: "tool_use_id", value: .string(toolID(result.callID))),
    ])
    if result.isError { object["is_error"] = true }
    if result.images.isEmpty {
      if !ASCIIText.isBlank(result.text) { object["content"] = .string(result.text) }
    } else {
      let text: [JSONValue] = ASCIIText.isBlank(result.text) ? [] : [["type": "text", "text": .string(result.text)]]
      object["content"] = .array(text + result.images.map(block))
    }
    return .object(object)
  }

  /// Ids from other providers may hold what Anthropic refuses: `^[a-zA-Z0-9_-]+$`. The same id comes out the same.
  static func toolID(_ id: String) -> String {
    let bytes = id.utf8.map { byte -> UInt8 in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): byte
      default: UInt8(ascii: "_")
      }
    }
    return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
  }
}
