import WireText

/// An HTTP answer as bytes, with the time that lies before each piece. Nothing here waits: who plays it does.
public struct MockAnswer: Hashable, Sendable {
  /// A piece of the body.
  public struct Piece: Hashable, Sendable {
    /// How long after the piece before.
    public var after: Duration
    /// Its bytes.
    public var bytes: [UInt8]
  }

  /// The HTTP status.
  public var status: Int
  /// The headers.
  public var headers: HTTPHeaders
  /// The body.
  public var pieces: [Piece]

  /// The answer to a request in a wire format; `number` makes the ids of different answers different.
  public init(_ reply: MockReply, to request: ModelRequest, format: WireFormat, number: Int) {
    if let failure = reply.failure {
      self = MockAnswer(failure: failure, format: format)
      return
    }
    status = 200
    headers = ["content-type": "text/event-stream"]
    var writer = MockStream(format: format, model: request.model, id: "mock_\(number)")
    writer.play(reply)
    pieces = writer.pieces
  }

  private init(failure: MockReply.Failure, format: WireFormat) {
    status = failure.status
    headers = ["content-type": "application/json"]
    if let wait = failure.retryAfter {
      headers.add(
        "retry-after-ms", String(wait.components.seconds * 1000 + wait.components.attoseconds / 1_000_000_000_000_000))
    }
    let error: JSONValue = ["type": .string(failure.type), "message": .string(failure.message)]
    let body: JSONValue = format == .anthropic ? ["type": "error", "error": error] : ["error": error]
    pieces = [Piece(after: .zero, bytes: Array(body.description.utf8))]
  }

  /// The whole body.
  public var body: [UInt8] { pieces.flatMap(\.bytes) }
}

/// Writes the events of a stream.
private struct MockStream {
  let format: WireFormat
  let model: String
  let id: String
  var pieces: [MockAnswer.Piece] = []
  private var pause = Duration.zero
  private var blocks = 0
  private var calls = 0

  init(format: WireFormat, model: String, id: String) {
    self.format = format
    self.model = model
    self.id = id
  }

  mutating func play(_ reply: MockReply) {
    begin(reply.usage)
    for step in reply.steps {
      switch step {
      case .pause(let time): pause += time
      case .text(let text): words(text, thought: false)
      case .thinking(let text): words(text, thought: true)
      case .toolCall(let name, let arguments): call(name, arguments)
      case .error(let type, let message):
        let error: JSONValue = ["type": .string(type), "message": .string(message)]
        send(format == .anthropic ? ["type": "error", "error": error] : ["error": error])
        return
      case .cut: return
      }
    }
    end(reply)
  }

  private mutating func send(_ value: JSONValue) {
    var text = "data: \(value)\n\n"
    if format == .anthropic, let type = value["type"]?.string { text = "event: \(type)\n" + text }
    pieces.append(MockAnswer.Piece(after: pause, bytes: Array(text.utf8)))
    pause = .zero
  }

  private mutating func chunk(_ delta: JSONValue, reason: String? = nil) {
    send([
      "id": .string(id), "object": "chat.completion.chunk", "model": .string(model),
      "choices": [["index": 0, "delta": delta, "finish_reason": reason.map { .string($0) } ?? .null]],
    ])
  }

  private mutating func begin(_ usage: TokenUsage) {
    switch format {
    case .chat: chunk(["role": "assistant", "content": ""])
    case .anthropic:
      send([
        "type": "message_start",
        "message": [
          "id": .string(id), "type": "message", "role": "assistant", "model": .string(model), "content": [],
          "usage": [
            "input_tokens": .integer(Int64(usage.input)), "cache_read_input_tokens": .integer(Int64(usage.cacheRead)),
            "output_tokens": 1,
          ],
        ],
      ])
    }
  }

  /// Pieces of about twelve bytes, cut between characters.
  private static func cut(_ text: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    for character in text {
      piece.append(character)
      if piece.utf8.count >= 12 {
        pieces.append(piece)
        piece = ""
      }
    }
    return piece.isEmpty ? pieces : pieces + [piece]
  }

  private mutating func block(_ start: JSONValue, _ deltas: [JSONValue]) {
    let index = JSONValue.integer(Int64(blocks))
    blocks += 1
    send(["type": "content_block_start", "index": index, "content_block": start])
    for delta in deltas { send(["type": "content_block_delta", "index": index, "delta": delta]) }
    send(["type": "content_block_stop", "index": index])
  }

  private mutating func words(_ text: String, thought: Bool) {
    let pieces = MockStream.cut(text).map { JSONValue.string($0) }
    switch (format, thought) {
    case (.chat, _): for piece in pieces { chunk(thought ? ["reasoning": piece] : ["content": piece]) }
    case (.anthropic, false):
      block(["type": "text", "text": ""], pieces.map { ["type": "text_delta", "text": $0] })
    case (.anthropic, true):
      let signature: JSONValue = ["type": "signature_delta", "signature": "mock"]
      block(
        ["type": "thinking", "thinking": "", "signature": ""],
        pieces.map { ["type": "thinking_delta", "thinking": $0] } + [signature])
    }
  }

  private mutating func call(_ name: String, _ arguments: JSONObject) {
    let callID = JSONValue.string("\(id)_call_\(calls)")
    let index = JSONValue.integer(Int64(calls))
    let pieces = MockStream.cut(JSONValue.object(arguments).description).map { JSONValue.string($0) }
    calls += 1
    switch format {
    case .anthropic:
      block(
        ["type": "tool_use", "id": callID, "name": .string(name), "input": [:]],
        pieces.map { ["type": "input_json_delta", "partial_json": $0] })
    case .chat:
      chunk([
        "tool_calls": [
          ["index": index, "id": callID, "type": "function", "function": ["name": .string(name), "arguments": ""]]
        ]
      ])
      for piece in pieces { chunk(["tool_calls": [["index": index, "function": ["arguments": piece]]]]) }
    }
  }

  private mutating func end(_ reply: MockReply) {
    let reason = reply.stopReason ?? (calls > 0 ? .toolUse : .endOfTurn)
    switch format {
    case .anthropic:
      send([
        "type": "message_delta", "delta": ["stop_reason": .string(reason.anthropicWord)],
        "usage": ["output_tokens": .integer(Int64(reply.usage.output))],
      ])
      send(["type": "message_stop"])
    case .chat:
      chunk([:], reason: reason.chatWord)
      send([
        "id": .string(id), "choices": [],
        "usage": [
          "prompt_tokens": .integer(Int64(reply.usage.prompt)),
          "completion_tokens": .integer(Int64(reply.usage.output)),
          "prompt_tokens_details": ["cached_tokens": .integer(Int64(reply.usage.cacheRead))],
        ],
      ])
      pieces.append(MockAnswer.Piece(after: pause, bytes: Array("data: [DONE]\n\n".utf8)))
    }
  }
}

extension StopReason {
  fileprivate var anthropicWord: String {
    switch self {
    case .endOfTurn: "end_turn"
    case .toolUse: "tool_use"
    case .stopSequence: "stop_sequence"
    case .maxTokens: "max_tokens"
    case .contextWindow: "model_context_window_exceeded"
    case .paused: "pause_turn"
    case .other(let word): word
    }
  }

  fileprivate var chatWord: String {
    switch self {
    case .endOfTurn, .paused: "stop"
    case .toolUse: "tool_calls"
    case .stopSequence: "stop_sequence"
    case .maxTokens, .contextWindow: "length"
    case .other(let word): word
    }
  }
}
