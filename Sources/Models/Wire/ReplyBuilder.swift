import WireText

/// Puts an answer together from its pieces, and tells of each.
struct ReplyBuilder: Sendable {
  var id: String?
  var model: String?
  var usage = TokenUsage()
  var stopReason: StopReason?
  private(set) var hasText = false
  private(set) var parts: [MessagePart] = []
  private(set) var calls = 0

  /// True if somebody may have seen something of the answer.
  var hasVisibleOutput: Bool { hasText || calls > 0 }

  /// A new part; its place is its name from now on.
  mutating func begin(_ part: MessagePart) -> Int {
    parts.append(part)
    return parts.count - 1
  }

  mutating func append(text: String, to place: Int, _ events: inout [ModelEvent]) {
    guard !text.isEmpty, case .text(var words) = parts[place] else { return }
    parts[place] = .text("")
    words += text
    parts[place] = .text(words)
    hasText = true
    events.append(.text(text))
  }

  mutating func append(thought: String, to place: Int, _ events: inout [ModelEvent]) {
    guard !thought.isEmpty, case .thinking(var whole) = parts[place] else { return }
    parts[place] = .text("")
    whole.text += thought
    parts[place] = .thinking(whole)
    events.append(.thinking(thought))
  }

  mutating func append(signature: String, to place: Int) {
    guard case .thinking(var whole) = parts[place] else { return }
    whole.signature = (whole.signature ?? "") + signature
    parts[place] = .thinking(whole)
  }

  mutating func beginCall(id: String, name: String, _ events: inout [ModelEvent]) -> (place: Int, call: Int) {
    let call = calls
    calls += 1
    events.append(.toolCallStarted(call: call, id: id, name: name))
    return (begin(.toolCall(ToolCall(id: id, name: name, arguments: ""))), call)
  }

  mutating func append(arguments: String, to place: Int, call: Int, _ events: inout [ModelEvent]) {
    guard !arguments.isEmpty, case .toolCall(var whole) = parts[place] else { return }
    parts[place] = .text("")
    whole.arguments += arguments
    parts[place] = .toolCall(whole)
    events.append(.toolArguments(call: call, text: arguments))
  }

  /// Names a call whose name came late or in pieces.
  mutating func append(name: String, to place: Int) {
    guard case .toolCall(var whole) = parts[place] else { return }
    whole.name += name
    parts[place] = .toolCall(whole)
  }

  func call(at place: Int) -> ToolCall? {
    guard case .toolCall(let call) = parts[place] else { return nil }
    return call
  }

  /// An id for a call that came without one: unlike those of other answers, because some providers refuse doubles.
  func inventedID() -> String {
    let letters = (id ?? "").utf8.filter {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
    }
    return "call_" + String(decoding: letters.suffix(24), as: UTF8.self) + "_\(calls)"
  }

  /// The answer, if it is one: the model's refusal, a filter's, and an answer that says nothing are errors.
  func reply() throws(ProviderError) -> ModelReply {
    let spoken = parts.filter { part in
      switch part {
      case .text(let words): !words.isEmpty
      case .thinking(let thought): !thought.text.isEmpty || thought.signature != nil || thought.sealed != nil
      default: true
      }
    }
    var reply = ModelReply(id: id, model: model, parts: spoken, usage: usage, stopReason: stopReason ?? .endOfTurn)
    // Several servers say "stop" after a call, and some "tool_calls" after none.
    switch reply.stopReason {
    case .endOfTurn, .other: if calls > 0 { reply.stopReason = .toolUse }
    case .toolUse: if calls == 0 { reply.stopReason = .endOfTurn }
    default: break
    }
    if calls == 0, ASCIIText.isBlank(reply.text), reply.stopReason != .paused { throw empty(reply) }
    return reply
  }

  private func empty(_ reply: ModelReply) -> ProviderError {
    let why =
      switch reply.stopReason {
      case .maxTokens: "the limit of tokens was reached before the first word"
      case .contextWindow: "the model's window was full before the first word"
      default: "the provider ended the answer without a word or a tool call"
      }
    var error = ProviderError(kind: .emptyResult, message: why)
    error.usage = usage
    // Asking again with the same limit ends the same way.
    if reply.stopReason.isCutOff { error.retryHint = false }
    return error
  }
}
