/// An answer whose head is there and whose body may still be on its way.
///
/// The exchange ends when the body is read to its end, when `cancel()` is called, or when nobody holds the exchange and
/// its body any more. Until then it keeps a connection.
public struct HTTPExchange: Sendable {
  /// Status, version, fields.
  public let head: HTTPHead
  /// Where the answer came from, after redirects; without user and password.
  public let url: String
  /// The rest of the answer.
  public let body: HTTPBody

  /// Ends the exchange at once: the connection is closed, and whoever reads the body gets an error.
  public func cancel() { body.holder.transfer.giveUp() }

  /// All of the body that has not been read.
  public func collect() async throws(HTTPError) -> [UInt8] {
    var all: [UInt8] = []
    for try await chunk in body {
      if all.isEmpty { all = chunk } else { all += chunk }
    }
    return all
  }
}

/// The pieces of a body as they arrive, of any size but empty; for one reader at a time.
///
/// While the reader lags behind, at most 256 KiB wait for it, and the server has to wait, too. (libcurl adds what it has
/// received already: over HTTP/2 up to 32 MiB, the window that it opens for a stream.) Cancelling the task that
/// reads ends the exchange. After an error, what was not read is gone.
public struct HTTPBody: AsyncSequence, Sendable {
  /// A piece.
  public typealias Element = [UInt8]
  /// Why the rest did not come.
  public typealias Failure = HTTPError

  let holder: ExchangeHolder

  /// Takes the pieces.
  public struct Iterator: AsyncIteratorProtocol {
    let holder: ExchangeHolder

    /// The next piece; nil at the end.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(HTTPError) -> [UInt8]? {
      switch await holder.transfer.next(isolation: actor) {
      case .chunk(let bytes): return bytes
      case .end: return nil
      case .failure(let error): throw error
      }
    }

    /// The next piece; nil at the end.
    public mutating func next() async throws(HTTPError) -> [UInt8]? { try await next(isolation: nil) }
  }

  /// A reader.
  public func makeAsyncIterator() -> Iterator { Iterator(holder: holder) }
}

/// Ends a transfer that nobody can read any more.
final class ExchangeHolder: Sendable {
  let transfer: Transfer
  /// It lives as long as its exchanges.
  private let transport: HTTPTransport

  init(_ transfer: Transfer, of transport: HTTPTransport) {
    self.transfer = transfer
    self.transport = transport
  }

  deinit { transfer.giveUp() }
}
