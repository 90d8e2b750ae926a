import Glibc
import Models
import WireText

/// Set for runs of the event decoder alone, which are ten times as fast.
private let onlyEvents = getenv("FUZZ_EVENTS") != nil

/// What libFuzzer calls (`scripts/fuzz`). The first two bytes choose the format, the answer's type and the cuts, the rest is the
/// answer. However the bytes are cut the outcome is one; what comes out can be sent back; nothing traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 2 else { return 0 }
  if onlyEvents {
    return splitEvents(UnsafeBufferPointer(start: start + 1, count: count - 1), step: 1 + Int(start[0] & 15))
  }
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

private func splitEvents(_ bytes: UnsafeBufferPointer<UInt8>, step: Int) -> CInt {
  var outcomes: [([ServerSentEvent], ServerSentEventError?, Int)] = []
  for step in [bytes.count, step] {
    var decoder = ServerSentEventDecoder(maxLine: 40, maxEvent: 60)
    var events: [ServerSentEvent] = []
    var failure: ServerSentEventError?
    do throws(ServerSentEventError) {
      for place in stride(from: 0, to: bytes.count, by: step) {
        let end = min(place + step, bytes.count)
        try decoder.feed(UnsafeBufferPointer(rebasing: bytes[place..<end]), into: &events)
      }
    } catch { failure = error }
    outcomes.append((events, failure, decoder.comments))
  }
  guard outcomes[0] == outcomes[1] else { fatalError("the cuts change the events") }
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
