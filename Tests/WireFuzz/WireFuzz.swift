import Models
import WireText

/// What libFuzzer calls (`scripts/fuzz`). The first two bytes choose the format, the answer's type and the cuts, the rest is the
/// answer. However the bytes are cut the outcome is one; what comes out can be sent back; nothing traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 2 else { return 0 }
  let format: WireFormat = start[0] & 1 == 0 ? .chat : .anthropic
  let type = ["text/event-stream", "application/json", nil, "text/event-stream"][Int(start[0] >> 1) & 3]
  let answer = UnsafeBufferPointer(start: start + 2, count: count - 2)
  let decoder = ReplyDecoder(format, contentType: type, maxBytes: 1 << 16, maxLine: 1 << 12)
  let whole = outcome(decoder, answer, step: answer.count)
  let cut = outcome(decoder, answer, step: 1 + Int(start[1] & 31))
  guard whole.events == cut.events, whole.end == cut.end else { fatalError("the cuts change the outcome") }
  if case .success(let reply) = whole.end { sendBack(reply) }
  if let value = try? JSONReader.read(answer) {
    guard let again = try? JSONReader.read(value.description), again.description == value.description else {
      fatalError("what was written is not read back")
    }
  }
  return 0
}

private func outcome(
  _ decoder: ReplyDecoder, _ answer: UnsafeBufferPointer<UInt8>, step: Int
) -> (events: [ModelEvent], end: Result<ModelReply, ProviderError>) {
  var decoder = decoder
  var events: [ModelEvent] = []
  do throws(ProviderError) {
    var place = 0
    while place < answer.count {
      let end = min(place + step, answer.count)
      try decoder.feed(UnsafeBufferPointer(rebasing: answer[place..<end]), into: &events)
      place = end
    }
    return (events, .success(try decoder.finish(into: &events)))
  } catch { return (events, .failure(error)) }
}

/// A reply has to fit into the next request on either wire.
private func sendBack(_ reply: ModelReply) {
  let results = reply.toolCalls.map { ToolResult(callID: $0.id, text: "done") }
  let request = ModelRequest(model: "m", messages: [.user("q"), reply.message, .results(results)])
  for provider in [ModelProvider.anthropic, .openrouter] {
    guard let made = try? provider.wireRequest(request, key: "k"), (try? JSONReader.read(made.body)) != nil else {
      fatalError("the reply cannot be sent back")
    }
  }
}
