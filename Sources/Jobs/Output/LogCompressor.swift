import CStorage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Puts a finished log's compressed form in its place. At every moment one whole form of the log is there.
struct LogCompressor {
  /// Shorter logs are left as they are.
  static let threshold = 64 * 1024

  private let directory: StateDirectory

  init(_ directory: StateDirectory) { self.directory = directory }

  /// Compresses the file; returns the bytes that this saved, or nil if there was nothing to do: no such file, a short one,
  /// or one that somebody still writes to.
  func compress(_ path: String) throws(SystemCallError) -> Int64? {
    let source = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard source >= 0 else {
      if errno == ENOENT { return nil }
      throw .last("open", path)
    }
    defer { close(source) }
    let before = try FileIO.information(source, path)
    guard before.st_mode & S_IFMT == S_IFREG, before.st_size > LogCompressor.threshold else { return nil }
    let temporary = "\(directory.jobsPath)/\(TemporaryFile.prefix)\(UInt64.random(in: .min ... .max)).gz"
    let target = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw .last("open", temporary) }
    var isNamed = false
    defer {
      close(target)
      if !isNamed { unlink(temporary) }
    }
    guard fchmod(target, 0o600) == 0 else { throw .last("fchmod", temporary) }
    let length = try deflate(source, path, into: target, temporary)
    try FileIO.synchronize(target, path: temporary)
    // Something that outlived its job may write on: then the log stays as it is.
    guard length == Int(try FileIO.information(source, path).st_size) else { return nil }
    let saved = Int64(length) - Int64(try FileIO.information(target, temporary).st_size)
    guard rename(temporary, path + ".gz") == 0 else { throw .last("rename", temporary) }
    isNamed = true
    try FileIO.synchronizeFolder(directory.jobsPath)
    guard unlink(path) == 0 else { throw .last("unlink", path) }
    return saved
  }

  /// Returns how many bytes were read.
  private func deflate(
    _ source: Int32, _ sourcePath: String, into target: Int32, _ targetPath: String
  ) throws(SystemCallError) -> Int {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    // A low level: logs repeat themselves so much that a high one gains little for three times the time.
    guard
      deflateInit2_(
        &stream, 3, Z_DEFLATED, GzipInflater.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
    else { throw SystemCallError(call: "deflateInit", path: targetPath, number: ENOMEM) }
    defer { deflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: 1 << 16)
    var offset = 0
    while true {
      var input = try FileIO.read(source, path: sourcePath, from: offset, count: 1 << 18)
      offset += input.count
      let flush = input.isEmpty ? Z_FINISH : Z_NO_FLUSH
      var isFull = true
      stream.avail_in = UInt32(input.count)
      var used = 0
      while isFull {
        // The pointers hold only for one call: the arrays may move between two.
        let made = input.withUnsafeMutableBufferPointer { input in
          output.withUnsafeMutableBufferPointer { output in
            stream.next_in = input.baseAddress.map { $0 + used }
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            _ = CStorage.deflate(&stream, flush)
            used = input.count - Int(stream.avail_in)
            return output.count - Int(stream.avail_out)
          }
        }
        isFull = made == output.count
        try FileIO.writeAll(output[..<made], to: target, path: targetPath)
      }
      if input.isEmpty { return offset }
    }
  }
}
