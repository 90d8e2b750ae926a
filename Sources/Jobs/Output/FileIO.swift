#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Whole reads and writes on descriptors: a short count or an interruption is gone on from.
enum FileIO {
  static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SystemCallError) {
    try writeAll(bytes[...], to: descriptor, path: path)
  }

  static func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, path: String) throws(SystemCallError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
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

  /// Makes the names in a folder durable.
  static func synchronizeFolder(_ path: String) throws(SystemCallError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last("open", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .last("fsync", path) }
  }

  static func information(_ descriptor: Int32, _ path: String) throws(SystemCallError) -> stat {
    var info = stat()
    guard fstat(descriptor, &info) == 0 else { throw .last("fstat", path) }
    return info
  }

  /// What a file takes on the disk; zero if there is none.
  static func storedBytes(at path: String) -> Int64 {
    var info = stat()
    return lstat(path, &info) == 0 ? Int64(info.st_blocks) * 512 : 0
  }

  /// When the file was last written to, in milliseconds since 1970; nil if there is none.
  static func changeTime(of path: String) -> Int64? {
    var info = stat()
    guard lstat(path, &info) == 0 else { return nil }
    #if canImport(Darwin)
      return Int64(info.st_mtimespec.tv_sec) * 1000
    #else
      return Int64(info.st_mtim.tv_sec) * 1000
    #endif
  }

  /// The names in a folder; none if it cannot be read.
  static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }
}
