import Testing
import WireText

@testable import Models

/// Row 8 of the reliability table: the events are the same wherever the bytes are cut.
@Suite struct CutAnswerTests {
  /// Streams that nobody recorded: every line end, every way to lay out fields, scalars of four bytes.
  static let forged: [(WireFormat, String)] = {
    let chat = """
      data:{"id":"é","choices":[{"index":0,"delta":{"content":"grüße 👩‍👩‍👧 \\ud83d\\ude00"}}]}

      : OPENROUTER PROCESSING

      event: message
      id: 7
      retry: 1000
      data: {"choices":[{"delta":{"content":" и мир"},
      data: "finish_reason":"stop"}]}

      data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}

      data: [DONE]


      """
    let message = """
      event:message_start
      data:{"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":2}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

      data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"日本"}}

      data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}

      data: {"type":"content_block_stop","index":0}

      data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":"€"}}

      data: {"type":"brand_new_event"}

      data: {"type":"content_block_stop","index":1}

      data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}

      data: {"type":"message_stop"}


      """
    return [(.chat, chat), (.anthropic, message)].flatMap { format, text in
      ["\n", "\r", "\r\n"].flatMap { end in
        ["", "\u{FEFF}"].map { mark in
          (format, mark + text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: end))
        }
      }
    }
  }()

  private func expectSame(_ decoder: ReplyDecoder, _ bytes: [UInt8]) {
    let whole = Decoded(decoder, [bytes[...]])
    // Long ones say the same few things over and over: a prime step meets every place in them.
    for cut in stride(from: 0, through: bytes.count, by: [1, 3, 7, 31][min(bytes.count / 1200, 3)]) {
      let pieces = Decoded(decoder, [bytes[..<cut], bytes[cut...]])
      guard pieces == whole else {
        Issue.record("cut at byte \(cut), the events differ: \(pieces) instead of \(whole)")
        return
      }
    }
    #expect(Decoded(decoder, bytes.indices.map { bytes[$0...$0] }) == whole, "byte by byte")
    #expect(Decoded(decoder, bytes.indices.flatMap { [bytes[$0..<$0], bytes[$0...$0]] }) == whole, "with empty pieces")
  }

  @Test(arguments: Recording.streams)
  func RecordedStreamsAreReadAlikeAtEveryCut(_ recording: Recording) {
    expectSame(recording.decoder, recording.body)
  }

  @Test(arguments: Recording.streams.filter { $0.body.count < 3000 })
  func TheirBeginningIsReadAlikeWhereverItEnds(_ recording: Recording) {
    // A stream cut short anywhere before its closing event is never taken for an answer.
    for length in stride(from: 0, to: recording.body.count, by: 13) {
      let decoded = Decoded(recording.decoder, [recording.body[..<length]])
      #expect((decoded.reply == nil) != decoded.couldEnd || decoded.error?.kind == .malformed)
    }
  }

  @Test(arguments: CutAnswerTests.forged.indices)
  func ForgedStreamsAreReadAlikeAtEveryCut(_ index: Int) throws {
    let (format, text) = CutAnswerTests.forged[index]
    let decoder = ReplyDecoder(format, contentType: "text/event-stream; charset=utf-8")
    let decoded = Decoded(decoder, [Array(text.utf8)[...]])
    let reply = try #require(decoded.reply, "\(decoded)")
    #expect(reply.text == (format == .chat ? "grüße 👩‍👩‍👧 😀 и мир" : "€"))
    #expect(decoded.wasComplete)
    if format == .anthropic { #expect(reply.parts.first == .thinking(ModelThought(text: "日本", signature: "c2ln"))) }
    expectSame(decoder, Array(text.utf8))
  }

  @Test func TwentyMegabytesInOneLineAreAnErrorOfTheirOwn() {
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
    var decoder = ReplyDecoder(.chat, contentType: "text/event-stream")
    var events: [ModelEvent] = []
    #expect(throws: Never.self) { try decoder.feed(Array("data: ".utf8), into: &events) }
    let error = #expect(throws: ProviderError.self) {
      for _ in 0..<320 { try decoder.feed(piece, into: &events) }
    }
    #expect(error?.kind == .tooLong && error?.isRetryable == false)
    #expect(throws: ProviderError.self) { try decoder.finish(into: &events) }
  }

  @Test func AnEndlessAnswerIsStopped() {
    let chunk = Array("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n".utf8)
    var decoder = ReplyDecoder(.chat, contentType: "text/event-stream", maxBytes: 100_000)
    var events: [ModelEvent] = []
    let error = #expect(throws: ProviderError.self) { while true { try decoder.feed(chunk, into: &events) } }
    #expect(error?.kind == .tooLong && error?.hasVisibleOutput == true)
  }
}
