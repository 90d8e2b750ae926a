/// Splits bytes into server-sent events (WHATWG HTML, section 9.2.6), wherever the bytes are cut: between CR and LF, in the
/// byte order mark, inside a scalar. The events are those of the whole stream, whatever the pieces.
///
/// Lines end with CR, LF or CRLF. A CR ends its line at once, and the LF after it is skipped: nobody waits for a byte that may
/// not come. An event that no empty line has closed is never delivered, as the standard says.
///
/// After an error the decoder is spent: it reports the same error again.
public struct ServerSentEventDecoder: Sendable {
  private let maxLine: Int
  private let maxEvent: Int
  private var line: [UInt8] = []
  private var data: [UInt8] = []
  private var name: [UInt8] = []
  private var lastID: [UInt8] = []
  private var hasData = false
  private var skipsLineFeed = false
  private var isFirstLine = true
  private var failure: ServerSentEventError?

  /// The time that the stream asked its readers to wait before they connect again, in milliseconds.
  public private(set) var retryMilliseconds: Int?
  /// How many comment lines there were. They say that the other side lives.
  public private(set) var comments = 0

  /// `maxLine` bounds a line, `maxEvent` the data of one event, both in bytes.
  public init(maxLine: Int = 1 << 20, maxEvent: Int = 8 << 20) {
    self.maxLine = maxLine
    self.maxEvent = maxEvent
  }

  /// True while an event has begun and is not closed: a stream that ends here was cut.
  public var isInsideEvent: Bool { hasData || !line.isEmpty || !name.isEmpty }

  /// Takes the next bytes in, and appends the events that they complete. Those before an error are delivered.
  public mutating func feed(
    _ chunk: UnsafeBufferPointer<UInt8>, into events: inout [ServerSentEvent]
  ) throws(ServerSentEventError) {
    if let failure { throw failure }
    var start = 0
    if skipsLineFeed, let first = chunk.first {
      skipsLineFeed = false
      if first == 0x0A { start = 1 }
    }
    while start < chunk.count {
      guard let end = ServerSentEventDecoder.lineEnd(in: chunk, from: start) else {
        try hold(chunk, start)
        return
      }
      try endLine(UnsafeBufferPointer(rebasing: chunk[start..<end]), into: &events)
      start = end + 1
      if chunk[end] == 0x0D {
        if start == chunk.count { skipsLineFeed = true } else if chunk[start] == 0x0A { start += 1 }
      }
    }
  }

  /// Takes the next bytes in, and appends the events that they complete.
  public mutating func feed(_ chunk: [UInt8], into events: inout [ServerSentEvent]) throws(ServerSentEventError) {
    var caught: ServerSentEventError?
    chunk.withUnsafeBufferPointer { buffer in
      do throws(ServerSentEventError) { try feed(buffer, into: &events) } catch { caught = error }
    }
    if let caught { throw caught }
  }

  private static func lineEnd(in chunk: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var index = start
    while index < chunk.count {
      if chunk[index] == 0x0A || chunk[index] == 0x0D { return index }
      index += 1
    }
    return nil
  }

  private mutating func fail(_ error: ServerSentEventError) -> ServerSentEventError {
    failure = error
    line = []
    data = []
    return error
  }

  private mutating func hold(_ chunk: UnsafeBufferPointer<UInt8>, _ start: Int) throws(ServerSentEventError) {
    guard line.count + chunk.count - start <= maxLine else { throw fail(.lineTooLong(limit: maxLine)) }
    line.append(contentsOf: chunk[start...])
  }

  private mutating func endLine(
    _ rest: UnsafeBufferPointer<UInt8>, into events: inout [ServerSentEvent]
  ) throws(ServerSentEventError) {
    guard line.count + rest.count <= maxLine else { throw fail(.lineTooLong(limit: maxLine)) }
    guard !line.isEmpty else { return try take(rest, into: &events) }
    line.append(contentsOf: rest)
    var whole: [UInt8] = []
    swap(&whole, &line)
    var caught: ServerSentEventError?
    whole.withUnsafeBufferPointer { buffer in
      do throws(ServerSentEventError) { try take(buffer, into: &events) } catch { caught = error }
    }
    if let caught { throw caught }
    whole.removeAll(keepingCapacity: true)
    swap(&whole, &line)
  }

  private mutating func take(
    _ whole: UnsafeBufferPointer<UInt8>, into events: inout [ServerSentEvent]
  ) throws(ServerSentEventError) {
    var line = whole
    if isFirstLine {
      isFirstLine = false
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = UnsafeBufferPointer(rebasing: line[3...]) }
    }
    if line.isEmpty { return dispatch(into: &events) }
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.count
    if colon == 0 {
      comments += 1
      return
    }
    var value = min(colon + 1, line.count)
    if value < line.count, line[value] == 0x20 { value += 1 }
    try field(
      UnsafeBufferPointer(rebasing: line[..<colon]), UnsafeBufferPointer(rebasing: line[value...]))
  }

  private mutating func field(
    _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
  ) throws(ServerSentEventError) {
    if name.elementsEqual("data".utf8) {
      guard data.count + value.count < maxEvent else { throw fail(.eventTooLong(limit: maxEvent)) }
      if hasData { data.append(0x0A) }
      data.append(contentsOf: value)
      hasData = true
    } else if name.elementsEqual("event".utf8) {
      self.name = Array(value)
    } else if name.elementsEqual("id".utf8) {
      if !value.contains(0) { lastID = Array(value) }
    } else if name.elementsEqual("retry".utf8) {
      if let milliseconds = ServerSentEventDecoder.digits(value) { retryMilliseconds = milliseconds }
    }
  }

  private static func digits(_ value: UnsafeBufferPointer<UInt8>) -> Int? {
    guard !value.isEmpty, value.count <= 15 else { return nil }
    var total = 0
    for byte in value {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      total = total * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return total
  }

  private mutating func dispatch(into events: inout [ServerSentEvent]) {
    defer {
      data = []
      name = []
      hasData = false
    }
    if hasData { events.append(ServerSentEvent(name: name, data: data, lastID: lastID)) }
  }
}
