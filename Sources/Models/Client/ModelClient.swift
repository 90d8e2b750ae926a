import Clocks

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Asks models over HTTP: one request, one answer. It does not ask again, wait for a gate, or count money: those stand around it.
public struct ModelClient: Sendable {
  private let transport: HTTPTransport
  /// How long after the end of the words the counts of tokens may come.
  private static let afterEnd = Duration.milliseconds(200)
  private static let longestError = 1 << 20

  /// A client over a transport.
  public init(transport: HTTPTransport) { self.transport = transport }

  /// The answer to a request. `onAnswer` is called when the provider has begun to answer; `onEvents` hears what came, in order.
  /// Throws `ProviderError`, whatever went wrong, and never with the key in it, though providers repeat keys in their errors;
  /// `CancellationError` if the task was cancelled.
  public func ask(
    _ request: ModelRequest, of provider: ModelProvider, key: String?, limits: HTTPLimits = HTTPLimits(),
    onAnswer: @Sendable () -> Void = {}, onEvents: @Sendable ([ModelEvent]) async -> Void = { _ in }
  ) async throws -> ModelReply {
    do {
      return try await ask(
        provider.wireRequest(request, key: key), provider.format, limits, onAnswer, onEvents)
    } catch var error as ProviderError {
      error.redact(key)
      throw error
    }
  }

  private func ask(
    _ wire: WireRequest, _ format: WireFormat, _ limits: HTTPLimits, _ onAnswer: @Sendable () -> Void,
    _ onEvents: @Sendable ([ModelEvent]) async -> Void
  ) async throws -> ModelReply {
    let exchange: HTTPExchange
    do throws(HTTPError) {
      exchange = try await transport.send(
        HTTPRequest("POST", wire.url, headers: wire.headers, body: wire.body, limits: limits))
    } catch {
      try Task.checkCancellation()
      throw ProviderError(transport: error, answerBegan: false)
    }
    guard (200..<300).contains(exchange.head.status) else { throw try await failure(exchange) }
    onAnswer()
    return try await read(exchange, format, onEvents)
  }

  private func failure(_ exchange: HTTPExchange) async throws -> ProviderError {
    var body: [UInt8] = []
    do throws(HTTPError) {
      for try await chunk in exchange.body {
        body += chunk
        if body.count > ModelClient.longestError { break }
      }
    } catch {
      // The status says enough.
      try Task.checkCancellation()
    }
    exchange.cancel()
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let wall = WallTime(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    return ProviderError(status: exchange.head.status, headers: exchange.head.headers, body: body, now: wall)
  }

  private func read(
    _ exchange: HTTPExchange, _ format: WireFormat, _ onEvents: @Sendable ([ModelEvent]) async -> Void
  ) async throws -> ModelReply {
    var decoder = ReplyDecoder(format, contentType: exchange.head.headers["content-type"])
    var ending: Task<Void, Never>?
    // After the end of the answer nobody waits for the end of the connection.
    defer {
      ending?.cancel()
      exchange.cancel()
    }
    var pieces = exchange.body.makeAsyncIterator()
    var events: [ModelEvent] = []
    while !decoder.isComplete, let chunk = try await next(&pieces, decoder) {
      var problem: ProviderError?
      do throws(ProviderError) { try decoder.feed(chunk, into: &events) } catch { problem = error }
      if !events.isEmpty { await onEvents(events) }
      events.removeAll(keepingCapacity: true)
      if let problem { throw problem }
      if decoder.mayEnd, ending == nil {
        ending = Task {
          try? await Task.pause(for: ModelClient.afterEnd)
          if !Task.isCancelled { exchange.cancel() }
        }
      }
    }
    let reply = try decoder.finish(into: &events)
    if !events.isEmpty { await onEvents(events) }
    return reply
  }

  /// The next piece; nil at the end, and also where the connection breaks behind an answer that is whole.
  private func next(_ pieces: inout HTTPBody.Iterator, _ decoder: ReplyDecoder) async throws -> [UInt8]? {
    do throws(HTTPError) { return try await pieces.next() } catch {
      try Task.checkCancellation()
      if decoder.mayEnd { return nil }
      throw ProviderError(
        transport: error, answerBegan: true, usage: decoder.usage == TokenUsage() ? nil : decoder.usage,
        hasVisibleOutput: decoder.hasVisibleOutput)
    }
  }
}
