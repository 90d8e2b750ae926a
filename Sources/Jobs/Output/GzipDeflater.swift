import CStorage

/// Packs bytes into one gzip file piece by piece.
///
/// A class, because zlib's stream must stay where it is: the library keeps pointers to it.
final class GzipDeflater {
  private var stream = z_stream()
  private(set) var isFinished = false

  /// A low level by default: logs repeat themselves so much that a high one gains little for three times the time.
  ///
  /// Nil if there is no memory for it or no such level.
  init?(level: Int32 = 3) {
    let size = Int32(MemoryLayout<z_stream>.size)
    let window = GzipInflater.windowBits
    let result = deflateInit2_(&stream, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
    guard result == Z_OK else { return nil }
  }

  deinit { end() }

  /// Lets go of zlib's memory; what is packed after this fails.
  func end() { deflateEnd(&stream) }

  /// Packs from `input` into `output`; returns how much of each was used, or nil if zlib fails or can go no further.
  ///
  /// With `isLast`, nothing comes behind `input`: to be called until the file `isFinished`.
  func deflate(
    _ input: UnsafeBufferPointer<UInt8>, isLast: Bool, into output: UnsafeMutableBufferPointer<UInt8>
  ) -> (used: Int, made: Int)? {
    // zlib does not write to its input.
    stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    stream.avail_in = UInt32(input.count)
    stream.next_out = output.baseAddress
    stream.avail_out = UInt32(output.count)
    let result = CStorage.deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
    // With Z_BUF_ERROR zlib says that it could do nothing, which the counts say as well.
    guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else { return nil }
    isFinished = result == Z_STREAM_END
    let used = input.count - Int(stream.avail_in)
    let made = output.count - Int(stream.avail_out)
    guard used > 0 || made > 0 || isFinished else { return nil }
    return (used, made)
  }
}
