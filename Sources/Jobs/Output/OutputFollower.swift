import Synchronization

/// What is added to a file, piece by piece, for a caller that does its own waiting.
public struct OutputFollower: Sendable {
  /// The file's usual path; once it is compressed, the reading goes on in the compressed file.
  public let path: String
  /// Where the next piece begins.
  public private(set) var offset: Int

  /// The most bytes of one piece.
  private static let piece = 256 << 10

  /// A compressed file can only be read from its front: it stays open, and is gone on in.
  private var unpacking: Unpacking?

  /// Follows a file from a byte on.
  public init(path: String, from offset: Int = 0) {
    self.path = path
    self.offset = offset
  }

  /// What was added since the last call, 256 KiB at most; empty if nothing was.
  public mutating func next() throws(OutputError) -> [UInt8] {
    if let bytes = try unpacking?.next(atMost: OutputFollower.piece, from: offset) {
      offset += bytes.count
      return bytes
    }
    var source = try LogSource(path: path)
    try source.skip(to: offset)
    let bytes = try source.nextAll(OutputFollower.piece)
    offset += bytes.count
    if source.isCompressed { unpacking = Unpacking(source) }
    return bytes
  }
}

/// A compressed file that is open at some place.
private final class Unpacking: Sendable {
  private let source: Mutex<LogSource>

  init(_ source: consuming sending LogSource) { self.source = Mutex(source) }

  /// The bytes from that place on; nil if somebody else has read on from there, as a copy of the follower may.
  func next(atMost count: Int, from offset: Int) throws(OutputError) -> [UInt8]? {
    try source.withLock { source throws(OutputError) in
      guard source.offset == offset else { return nil }
      return try source.nextAll(count)
    }
  }
}
