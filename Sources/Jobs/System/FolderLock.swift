#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Keeps others who ask for it, in this process or another, from a folder for a while; they wait.
///
/// For a few system calls that belong together, as to look at a file and then remove it.
enum FolderLock {
  static func hold<Value>(
    _ path: String, _ body: () throws(SystemCallError) -> Value
  ) throws(SystemCallError) -> Value {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last("open", path) }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw .last("flock", path) }
    }
    return try body()
  }
}
