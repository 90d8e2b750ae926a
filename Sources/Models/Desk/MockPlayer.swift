internal import Clocks
internal import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Plays a mock's answers: the same bytes, decoders, delays and errors as a provider's, without a network.
final class MockPlayer: Sendable {
  private let script: Mutex<MockScript>

  init(_ script: MockScript) { self.script = Mutex(script) }

  /// As `ModelClient.ask`.
  func ask(
    _ request: ModelRequest, format: WireFormat, onAnswer: @Sendable () -> Void,
    onEvents: @Sendable ([ModelEvent]) async -> Void
  ) async throws -> ModelReply {
    try Task.checkCancellation()
    let answer = script.withLock { $0.answer(request, format: format) }
    guard (200..<300).contains(answer.status) else {
      throw ProviderError(
        status: answer.status, headers: answer.headers, body: answer.body, now: MockPlayer.wallTime())
    }
    onAnswer()
    var decoder = ReplyDecoder(format, contentType: answer.headers["content-type"])
    var events: [ModelEvent] = []
    for piece in answer.pieces {
      if piece.after > .zero { try await Task.pause(for: piece.after) } else { try Task.checkCancellation() }
      var problem: ProviderError?
      do throws(ProviderError) { try decoder.feed(piece.bytes, into: &events) } catch { problem = error }
      if !events.isEmpty { await onEvents(events) }
      events.removeAll(keepingCapacity: true)
      if let problem { throw problem }
    }
    let reply = try decoder.finish(into: &events)
    if !events.isEmpty { await onEvents(events) }
    return reply
  }

  private static func wallTime() -> WallTime {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return WallTime(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
  }
}

extension ModelProvider {
  /// The mock, which is called where a task names it, or for everything where the setup says so.
  static let mock = ModelProvider(name: "mock", format: .anthropic, baseURL: "mock:", isKeyOptional: true)
}
