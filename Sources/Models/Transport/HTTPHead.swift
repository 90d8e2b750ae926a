/// What comes before an answer's body.
public struct HTTPHead: Sendable, Hashable {
  /// The status: 200, 404.
  public var status: Int
  /// The version that the server answered in: "1.1", "2".
  public var version: String
  /// The fields as they came. Of a body that was decompressed they still tell encoding and length on the way.
  public var headers: HTTPHeaders
  /// How long the steps before it took.
  public var timings: HTTPTimings

  /// A head.
  public init(status: Int, version: String, headers: HTTPHeaders, timings: HTTPTimings = HTTPTimings()) {
    self.status = status
    self.version = version
    self.headers = headers
    self.timings = timings
  }
}

/// When each step was done, from the request on; zero for steps that a connection in use did not need.
public struct HTTPTimings: Sendable, Hashable {
  /// The host's address was known.
  public var nameLookup: Duration = .zero
  /// The connection stood.
  public var connect: Duration = .zero
  /// It was secure.
  public var secure: Duration = .zero
  /// The first byte of the answer was there.
  public var firstByte: Duration = .zero

  /// No time at all.
  public init() {}
}

/// Makes a head of the lines of an answer. Pure.
///
/// An answer may be preceded by interim ones (1xx), each with a head of its own; fields after the body are counted and
/// dropped.
struct HeadReader {
  /// The answer's head, once its empty line has come.
  private(set) var head: HTTPHead?
  private var draft: HTTPHead?
  private var count = 0
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  enum Step: Equatable {
    case more
    case complete
    case tooLarge
    case malformed
  }

  /// Takes one line with its end.
  mutating func take(_ line: UnsafeRawBufferPointer) -> Step {
    count += line.count
    if count > limit { return .tooLarge }
    if head != nil { return .more }
    let text = HeadReader.trimmedEnd(line[...])
    if text.starts(with: "HTTP/".utf8) {
      guard let started = HeadReader.statusLine(text) else { return .malformed }
      draft = started
      return .more
    }
    guard var draft else { return .malformed }
    if text.isEmpty {
      guard draft.status >= 200 else { return .more }
      head = draft
      return .complete
    }
    if let first = text.first, first == 0x20 || first == 0x09 {
      // A value that goes on in a second line, which nobody may send any more (RFC 9112, 5.2): one blank stands for it.
      guard !draft.headers.fields.isEmpty else { return .malformed }
      let rest = HeadReader.trimmed(text)
      draft.headers.fields[draft.headers.fields.count - 1].value += [0x20] + rest
    } else {
      guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return .malformed }
      let name = String(decoding: text[..<colon], as: UTF8.self)
      let value = HeadReader.trimmed(text[(colon + 1)...])
      draft.headers.fields.append(HTTPHeaders.Field(name: name, value: Array(value)))
    }
    self.draft = draft
    return .more
  }

  private static func statusLine(_ line: Slice<UnsafeRawBufferPointer>) -> HTTPHead? {
    let words = line.split(separator: 0x20, maxSplits: 2)
    guard words.count >= 2, words[1].count == 3 else { return nil }
    var status = 0
    for digit in words[1] {
      guard (0x30...0x39).contains(digit) else { return nil }
      status = status * 10 + Int(digit - 0x30)
    }
    let version = String(decoding: words[0].dropFirst("HTTP/".utf8.count), as: UTF8.self)
    return HTTPHead(status: status, version: version, headers: HTTPHeaders())
  }

  private static func trimmedEnd(_ line: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
    var line = line
    while let last = line.last, last == 0x0A || last == 0x0D { line.removeLast() }
    return line
  }

  private static func trimmed(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
    var text = text.drop { $0 == 0x20 || $0 == 0x09 }
    while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
    return text
  }
}
