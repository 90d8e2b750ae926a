import WireText

/// The wire formats.
public enum WireFormat: String, Hashable, Sendable, CaseIterable {
  /// Anthropic's Messages.
  case anthropic
  /// OpenAI's Chat Completions, and what is compatible with it.
  case chat
}

/// Turns the bytes of a successful HTTP answer into events and, at the end, the reply. The bytes may be cut anywhere.
///
/// An answer counts only when its closing event has come: else it is `truncated`. An error inside the stream is an error. After
/// an error the decoder is spent, and reports it again.
public struct ReplyDecoder: Sendable {
  private enum Body {
    /// Nobody said what the body is: its first byte that is no space will.
    case unknown
    case stream(ServerSentEventDecoder)
    case whole
  }

  private enum Wire {
    case anthropic(AnthropicStream)
    case chat(ChatStream)
  }

  private var wire: Wire
  private var body: Body
  private var held: [UInt8] = []
  private var received = 0
  private let maxBytes: Int
  private let maxLine: Int
  private var failure: ProviderError?
  private var found: [ServerSentEvent] = []

  /// `contentType` is that of the answer: JSON is read whole, also if a stream was asked for. Where it is nil, a body that
  /// begins with a brace is JSON.
  /// `maxBytes` bounds the whole answer, `maxLine` a line of the stream.
  public init(
    _ format: WireFormat, contentType: String? = nil, maxBytes: Int = 64 << 20, maxLine: Int = 1 << 20
  ) {
    switch format {
    case .anthropic: wire = .anthropic(AnthropicStream())
    case .chat: wire = .chat(ChatStream())
    }
    self.maxBytes = maxBytes
    self.maxLine = maxLine
    switch contentType.map({ ASCIIText.lowered($0).hasPrefix("text/event-stream") }) {
    case true?: body = .stream(ServerSentEventDecoder(maxLine: maxLine))
    case false?: body = .whole
    case nil: body = .unknown
    }
  }

  /// True once nothing more is to come, though the connection may stay open: the transport need not wait for its end.
  public var isComplete: Bool {
    switch wire {
    case .anthropic(let stream): stream.isComplete
    case .chat(let stream): stream.isComplete
    }
  }

  /// True once the answer is whole, though its token counts may follow: a short wait for them is enough.
  public var mayEnd: Bool {
    switch wire {
    case .anthropic(let stream): stream.isComplete
    case .chat(let stream): stream.mayEnd
    }
  }

  /// True once words or a tool call have come: from then on no other model may answer in this one's place.
  public var hasVisibleOutput: Bool { builder.hasVisibleOutput }

  /// The tokens counted so far.
  public var usage: TokenUsage { builder.usage }

  private var builder: ReplyBuilder {
    switch wire {
    case .anthropic(let stream): stream.builder
    case .chat(let stream): stream.builder
    }
  }

  /// Takes the next bytes in, and appends what they tell. What lies before an error is told.
  public mutating func feed(
    _ chunk: UnsafeBufferPointer<UInt8>, into events: inout [ModelEvent]
  ) throws(ProviderError) {
    if let failure { throw failure }
    received += chunk.count
    guard received <= maxBytes else { throw fail(.init(kind: .tooLong, message: "it has more than \(maxBytes) bytes")) }
    switch body {
    case .whole: held.append(contentsOf: chunk)
    case .stream: try feedStream(chunk, &events)
    case .unknown:
      held.append(contentsOf: chunk)
      guard let first = held.first(where: { $0 > 0x20 }) else { return }
      body = first == UInt8(ascii: "{") ? .whole : .stream(ServerSentEventDecoder(maxLine: maxLine))
      guard case .stream = body else { return }
      // The spaces before it belong to the stream, too.
      let all = held
      held = []
      try feed(counted: all, &events)
    }
  }

  private mutating func feed(counted bytes: [UInt8], _ events: inout [ModelEvent]) throws(ProviderError) {
    var caught: ProviderError?
    bytes.withUnsafeBufferPointer { buffer in
      do throws(ProviderError) { try feedStream(buffer, &events) } catch { caught = error }
    }
    if let caught { throw caught }
  }

  private mutating func feedStream(
    _ chunk: UnsafeBufferPointer<UInt8>, _ events: inout [ModelEvent]
  ) throws(ProviderError) {
    guard case .stream(var decoder) = body else { return }
    body = .unknown
    if held.count < 512 { held.append(contentsOf: chunk.prefix(512 - held.count)) }
    let trouble: ServerSentEventError?
    do throws(ServerSentEventError) {
      try decoder.feed(chunk, into: &found)
      trouble = nil
    } catch { trouble = error }
    body = .stream(decoder)
    try takeFound(&events)
    if let trouble { throw fail(ProviderError(kind: .tooLong, message: trouble.description)) }
  }

  /// Takes the next bytes in, and appends what they tell.
  public mutating func feed(_ chunk: [UInt8], into events: inout [ModelEvent]) throws(ProviderError) {
    var caught: ProviderError?
    chunk.withUnsafeBufferPointer { buffer in
      do throws(ProviderError) { try feed(buffer, into: &events) } catch { caught = error }
    }
    if let caught { throw caught }
  }

  private mutating func takeFound(_ events: inout [ModelEvent]) throws(ProviderError) {
    guard !found.isEmpty else { return }
    defer { found.removeAll(keepingCapacity: true) }
    do throws(ProviderError) {
      switch wire {
      case .anthropic(var stream):
        wire = .chat(ChatStream())
        defer { wire = .anthropic(stream) }
        for event in found { try stream.take(event, &events) }
      case .chat(var stream):
        wire = .anthropic(AnthropicStream())
        defer { wire = .chat(stream) }
        for event in found { try stream.take(event, &events) }
      }
    } catch { throw fail(error) }
  }

  /// The end of the answer's bytes: the reply, or why there is none. Appends what only the end tells.
  public mutating func finish(into events: inout [ModelEvent]) throws(ProviderError) -> ModelReply {
    if let failure { throw failure }
    do throws(ProviderError) {
      switch body {
      case .stream, .unknown: return try finishStream(&events)
      case .whole: return try finishWhole(&events)
      }
    } catch { throw fail(error) }
  }

  private mutating func finishStream(_ events: inout [ModelEvent]) throws(ProviderError) -> ModelReply {
    switch wire {
    case .anthropic(var stream):
      defer { wire = .anthropic(stream) }
      return try stream.finish(&events)
    case .chat(var stream):
      defer { wire = .chat(stream) }
      return try stream.finish(&events)
    }
  }

  private mutating func finishWhole(_ events: inout [ModelEvent]) throws(ProviderError) -> ModelReply {
    let value: JSONValue
    do throws(JSONError) { value = try JSONReader.read(held) } catch {
      let isCut = error.code == .ended
      throw ProviderError(
        kind: isCut ? .truncated : .malformed,
        message: isCut ? "\(error)" : "it is no JSON: \(ProviderError.excerpt(of: held))")
    }
    switch wire {
    case .anthropic(var stream):
      defer { wire = .anthropic(stream) }
      return try stream.whole(value, &events)
    case .chat(var stream):
      defer { wire = .chat(stream) }
      return try stream.whole(value, &events)
    }
  }

  private mutating func fail(_ error: ProviderError) -> ProviderError {
    var error = error
    let builder = builder
    error.hasVisibleOutput = builder.hasVisibleOutput
    if builder.usage != TokenUsage() { error.usage = builder.usage }
    if error.kind == .truncated, held.first(where: { $0 > 0x20 }) == UInt8(ascii: "<") {
      error.kind = .malformed
      error.message = "it is a page: \(ProviderError.excerpt(of: held))"
    }
    failure = error
    return error
  }
}
