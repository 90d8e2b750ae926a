import WireText

/// What libFuzzer calls (`scripts/fuzz`) for the decoder of server-sent events alone. The first byte chooses the cuts, the rest is the
/// stream: however it is cut the events are the same, and nothing traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 1 else { return 0 }
  let stream = UnsafeBufferPointer(start: start + 1, count: count - 1)
  guard Outcome(stream, step: stream.count) == Outcome(stream, step: 1 + Int(start[0] & 15)) else {
    fatalError("the cuts change the events")
  }
  return 0
}

private struct Outcome: Equatable {
  var events: [ServerSentEvent] = []
  var failure: ServerSentEventError?
  var comments = 0

  init(_ stream: UnsafeBufferPointer<UInt8>, step: Int) {
    var decoder = ServerSentEventDecoder(maxLine: 40, maxEvent: 60)
    var place = 0
    do throws(ServerSentEventError) {
      while place < stream.count {
        let end = min(place + step, stream.count)
        try decoder.feed(UnsafeBufferPointer(rebasing: stream[place..<end]), into: &events)
        place = end
      }
    } catch { failure = error }
    comments = decoder.comments
  }
}
