import CStorage

/// Unpacks one gzip file piece by piece.
///
/// A class, because zlib's stream must stay where it is: the library keeps pointers to it.
final class GzipInflater {
  private var stream = z_stream()
  private(set) var isFinished = false

  /// zlib's flag for a gzip header, with the largest window.
  static let windowBits: Int32 = 15 + 16

  /// Nil if there is no memory for it.
  init?() {
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, GzipInflater.windowBits, ZLIB_VERSION, size) == Z_OK else { return nil }
  }

  deinit { inflateEnd(&stream) }

  /// Unpacks into `output` from `input`; returns how much of each was used, or nil if the data is broken.
  func inflate(
    _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>
  ) -> (used: Int, made: Int)? {
    // zlib does not write to its input.
    stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    stream.avail_in = UInt32(input.count)
    stream.next_out = output.baseAddress
    stream.avail_out = UInt32(output.count)
    let result = CStorage.inflate(&stream, Z_NO_FLUSH)
    guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else { return nil }
    isFinished = result == Z_STREAM_END
    return (input.count - Int(stream.avail_in), output.count - Int(stream.avail_out))
  }
}
