internal import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An empty folder that stands where a sandboxed job must not make one, as long as such jobs run: a mount needs something
/// to be mounted on.
///
/// Each job's process holds a shared lock on it. The last one removes it: removing it earlier would take the mounts of the
/// others away. One that a killed process left behind is known by its mode, and goes with the next.
final class SandboxPlaceholder: Sendable {
  private let path: AbsolutePath
  private let descriptor: Int32

  /// Makes the folder, or joins those who use it. nil if the system keeps anybody from making something there.
  init?(_ path: AbsolutePath) throws(SandboxFailure) {
    self.path = path
    for _ in 0..<100 {
      let isNew = mkdir(path.text, 0o500) == 0
      guard isNew || errno == EEXIST else {
        if errno == EROFS || Self.belongsToOthers(path.parent) { return nil }
        throw Self.failure(path, errno)
      }
      // The bits that a umask leaves are not all.
      if isNew { chmod(path.text, StateDirectory.placeholderMode) }
      let descriptor = open(path.text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      if descriptor < 0, errno == ENOENT { continue }
      guard descriptor >= 0 else { throw Self.failure(path, errno) }
      if flock(descriptor, LOCK_SH) == 0, Self.isSame(path, descriptor) {
        self.descriptor = descriptor
        return
      }
      // Its last user removed it meanwhile, or its first has not set its mode yet.
      close(descriptor)
      usleep(1000)
    }
    throw Self.failure(path, EBUSY)
  }

  /// Removes the folder if nobody else uses it.
  deinit {
    close(descriptor)
    let last = open(path.text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard last >= 0 else { return }
    if flock(last, LOCK_EX | LOCK_NB) == 0, Self.isSame(path, last) { rmdir(path.text) }
    close(last)
  }

  /// Whether a folder is one of these, whoever made it.
  static func isOne(_ path: AbsolutePath) -> Bool {
    var info = stat()
    return lstat(path.text, &info) == 0 && StateDirectory.isPlaceholder(info)
  }

  /// Whether the job, which is this user too, can give itself no right to make something in the folder.
  private static func belongsToOthers(_ folder: AbsolutePath) -> Bool {
    let number = errno
    defer { errno = number }
    var info = stat()
    return (number == EACCES || number == EPERM) && stat(folder.text, &info) == 0 && info.st_uid != geteuid()
  }

  private static func isSame(_ path: AbsolutePath, _ descriptor: Int32) -> Bool {
    var named = stat()
    var opened = stat()
    return lstat(path.text, &named) == 0 && fstat(descriptor, &opened) == 0 && named.st_ino == opened.st_ino
      && named.st_dev == opened.st_dev && StateDirectory.isPlaceholder(opened)
  }

  private static func failure(_ path: AbsolutePath, _ number: Int32) -> SandboxFailure {
    SandboxFailure(
      .system(number), "the sandbox cannot keep '\(path)' from being made by the job: \(SystemMessage.text(number))")
  }
}
