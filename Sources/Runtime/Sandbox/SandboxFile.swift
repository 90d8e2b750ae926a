internal import CProcess
internal import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What a sandbox asks the file system.
enum SandboxFile {
  /// What lies at a path.
  enum Kind: Sendable, Hashable {
    case folder
    case file
    case socket
    case link
    /// A device or a pipe.
    case special
  }

  /// The path that a path leads to, through symbolic links; an `errno` if it leads nowhere.
  static func real(_ path: String) -> Result<AbsolutePath, SystemCallError> {
    guard let resolved = realpath(path, nil) else {
      return .failure(SystemCallError(call: "realpath", path: path, number: errno))
    }
    defer { free(resolved) }
    return .success(AbsolutePath(String(cString: resolved)))
  }

  /// What lies there, a symbolic link itself and not what it leads to; nil if nothing can be seen.
  static func kind(of path: AbsolutePath) -> Kind? {
    var info = stat()
    guard lstat(path.text, &info) == 0 else { return nil }
    return kind(info)
  }

  static func kind(_ info: stat) -> Kind {
    switch info.st_mode & S_IFMT {
    case S_IFDIR: .folder
    case S_IFREG: .file
    case S_IFLNK: .link
    case S_IFSOCK: .socket
    default: .special
    }
  }

  /// The text of a symbolic link.
  static func target(of path: AbsolutePath) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes {
      readlink(path.text, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    return count <= 0 || count == buffer.count ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  /// The first bytes of a small file; nil if it cannot be read.
  static func beginning(of path: AbsolutePath) -> String? {
    let descriptor = open(path.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  /// A descriptor that names a path (`O_PATH`), closed on exec; -1 with errno set. The path must have no symbolic links in
  /// it: if somebody has put one there, it is EAGAIN.
  static func pin(_ path: AbsolutePath) -> Int32 {
    let descriptor = cprocess_open_path(AT_FDCWD, path.text)
    guard descriptor >= 0 else { return descriptor }
    guard target(of: AbsolutePath("/proc/self/fd/\(descriptor)")) == path.text else {
      close(descriptor)
      errno = EAGAIN
      return -1
    }
    return descriptor
  }
}
