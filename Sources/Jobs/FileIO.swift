#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Whole reads and writes on descriptors: a short count or an interruption is gone on from.
enum FileIO {
  static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SystemCallError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, bytes.count - done) }
      if count >= 0 {
        done += count
      } else if errno != EINTR {
        throw .last("write", path)
      }
    }
  }

  static func read(
    _ descriptor: Int32, path: String, from offset: Int, count: Int
  ) throws(SystemCallError) -> [UInt8] {
    guard count > 0 else { return [] }
    var failure: SystemCallError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
        if got > 0 {
          filled += got
        } else if got == 0 {
          return
        } else if errno != EINTR {
          failure = .last("read", path)
          return
        }
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// How many bytes an unprivileged writer could still put on the file system of `path`; nil if it cannot be asked.
  static func freeBytes(at path: String) -> Int64? {
    var info = statvfs()
    guard statvfs(path, &info) == 0 else { return nil }
    return Int64(info.f_bavail) * Int64(info.f_frsize)
  }

  /// The file's data, and what is needed to find it again, on the disk.
  static func synchronize(_ descriptor: Int32, path: String) throws(SystemCallError) {
    #if os(Linux)
      let result = fdatasync(descriptor)
    #else
      let result = fcntl(descriptor, F_FULLFSYNC)
    #endif
    guard result >= 0 else { throw .last("fdatasync", path) }
  }
}
