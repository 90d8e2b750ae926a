/// What is added to a file, piece by piece, for a caller that does its own waiting.
public struct OutputFollower: Sendable {
  /// The file's usual path; once it is compressed, the reading goes on in the compressed file.
  public let path: String
  /// Where the next piece begins.
  public private(set) var offset: Int

  /// The most bytes of one piece.
  private static let piece = 256 << 10

  /// Follows a file from a byte on.
  public init(path: String, from offset: Int = 0) {
    self.path = path
    self.offset = offset
  }

  /// What was added since the last call, 256 KiB at most; empty if nothing was.
  public mutating func next() throws(OutputError) -> [UInt8] {
    var source = try LogSource(path: path)
    try source.skip(to: offset)
    let bytes = try source.nextAll(OutputFollower.piece)
    offset += bytes.count
    return bytes
  }
}
