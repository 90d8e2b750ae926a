import WireText

/// Writes a request in the format of OpenAI's Chat Completions, with the quirks of who reads it.
///
/// Results of tools are messages of their own right behind the turn that asked for them, before any words of the user. Content
/// of one text is written as a string: several servers take no list.
struct ChatBody {
  let request: ModelRequest
  let quirks: ChatQuirks

  static func bytes(_ request: ModelRequest, _ quirks: ChatQuirks) -> [UInt8] {
    let writer = ChatBody(request: request, quirks: quirks)
    return BodyWriter.body(request.extra) { body in
      body.field("model", request.model)
      if request.isStreaming {
        body.field("stream", true)
        if quirks.asksForUsage { body.field("stream_options") { $0.value(["include_usage": true]) } }
      }
      writer.controls(&body)
      if !request.tools.isEmpty { writer.tools(&body) }
      body.field("messages") { json in writer.messages(&json) }
    }
  }

  private func controls(_ body: inout BodyWriter) {
    body.field(quirks.limitField.rawValue, request.maxTokens)
    body.field("temperature", request.sampling.temperature)
    body.field("top_p", request.sampling.topP)
    body.field("top_k", request.sampling.topK)
    body.field("stop", Array(request.stop.prefix(quirks.maxStops)))
    if let effort = request.effort { body.field("reasoning_effort", effort) }
    guard let schema = request.schema else { return }
    switch quirks.schemaForm {
    case .schema:
      body.field("response_format") {
        $0.value([
          "type": "json_schema",
          "json_schema": [
            "name": .string(schema.name), "schema": schema.schema, "strict": .bool(schema.isStrict),
          ],
        ])
      }
    case .object: body.field("response_format") { $0.value(["type": "json_object"]) }
    case .prompt: break
    }
  }

  private func tools(_ body: inout BodyWriter) {
    body.field("tools") { json in
      json.array { json in
        for tool in request.tools {
          json.value([
            "type": "function",
            "function": [
              "name": .string(tool.name), "description": .string(tool.description), "parameters": tool.schema,
            ],
          ])
        }
      }
    }
    switch request.toolChoice {
    case .automatic: break
    case .required: body.field("tool_choice", "required")
    case .forbidden: body.field("tool_choice", "none")
    case .named(let name):
      body.field("tool_choice") { $0.value(["type": "function", "function": ["name": .string(name)]]) }
    }
    if let allows = request.allowsParallelCalls, quirks.knowsParallelCalls { body.field("parallel_tool_calls", allows) }
  }

  private var systemText: String {
    guard let schema = request.schema, quirks.schemaForm != .schema else { return request.system }
    let rule = "Answer with one JSON value that fits this JSON Schema, and with nothing else:\n\(schema.schema)"
    return request.system.isEmpty ? rule : request.system + "\n\n" + rule
  }

  private func messages(_ json: inout JSONWriter) {
    json.array { json in
      let system = systemText
      if !ASCIIText.isBlank(system) { self.system(system, &json) }
      for message in request.messages {
        switch message.role {
        case .assistant: assistant(message, &json)
        case .user: user(message, &json)
        }
      }
    }
  }

  private func system(_ text: String, _ json: inout JSONWriter) {
    guard quirks.knowsCacheControl, request.cache != .off else {
      return json.value(["role": "system", "content": .string(text)])
    }
    let control: JSONValue = request.cache == .long ? ["type": "ephemeral", "ttl": "1h"] : ["type": "ephemeral"]
    json.value([
      "role": "system", "content": [["type": "text", "text": .string(text), "cache_control": control]],
    ])
  }

  private func assistant(_ message: ModelMessage, _ json: inout JSONWriter) {
    var words = ""
    var thoughts = ""
    var calls: [JSONValue] = []
    for part in message.parts {
      switch part {
      case .text(let text): words += text
      case .thinking(let thought): thoughts += thought.text
      case .toolCall(let call):
        calls.append([
          "id": .string(call.id), "type": "function",
          "function": [
            "name": .string(call.name), "arguments": .string(JSONValue.object(call.sendableInput).description),
          ],
        ])
      case .image, .toolResult: break
      }
    }
    guard !words.isEmpty || !calls.isEmpty else { return }
    json.object { json in
      json.field("role", "assistant")
      json.field("content", words.isEmpty ? .null : .string(words))
      if let field = quirks.thoughtField, !thoughts.isEmpty { json.field(field, thoughts) }
      if !calls.isEmpty { json.field("tool_calls", .array(calls)) }
    }
  }

  private func user(_ message: ModelMessage, _ json: inout JSONWriter) {
    var pieces: [JSONValue] = []
    var onlyText: String?
    for part in message.parts {
      switch part {
      case .toolResult(let result): self.result(result, &json)
      case .text(let text):
        guard !text.isEmpty else { continue }
        onlyText = pieces.isEmpty ? text : nil
        pieces.append(["type": "text", "text": .string(text)])
      case .image(let image):
        onlyText = nil
        let url = "data:\(image.mediaType);base64,\(image.base64)"
        pieces.append(["type": "image_url", "image_url": ["url": .string(url)]])
      case .thinking, .toolCall: continue
      }
    }
    if let onlyText {
      json.value(["role": "user", "content": .string(onlyText)])
    } else if !pieces.isEmpty {
      json.value(["role": "user", "content": .array(pieces)])
    }
  }

  private func result(_ result: ToolResult, _ json: inout JSONWriter) {
    var text = result.isError ? "Error: " + result.text : result.text
    if !result.images.isEmpty { text += "\n(\(result.images.count) images, which cannot be shown here)" }
    json.value(["role": "tool", "tool_call_id": .string(result.callID), "content": .string(text)])
  }
}
