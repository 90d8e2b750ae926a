#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Files of the kernel's, whose size cannot be asked beforehand.
enum SmallFile {
  /// The file's first 4096 bytes; nil if it cannot be read.
  static func contents(of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &bytes, bytes.count)
    return count < 0 ? nil : Array(bytes.prefix(count))
  }
}
