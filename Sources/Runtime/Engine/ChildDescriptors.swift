internal import CProcess
import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The descriptors that a child gets as its standard input and output.
enum ChildDescriptors {
  /// What stays free of descriptors for the spawning library: with none left after a fork it would never hear of the end.
  private static let reserve: Int32 = 24

  /// The output file, opened anew for the child.
  ///
  /// A description of its own, because what a child sets on it (`O_NONBLOCK`, say) must not reach ours; and with a shared
  /// lock, which every process that still has it open keeps alive: see `isHeld`.
  static func output(_ file: OutputFile) throws(SystemCallError) -> Int32 {
    let descriptor = open(file.path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemCallError(call: "open", path: file.path, number: errno) }
    guard descriptor + reserve < softLimit else {
      close(descriptor)
      throw SystemCallError(call: "open", path: file.path, number: EMFILE)
    }
    // If somebody else has locked the file we only learn less of who outlives the child.
    flock(descriptor, LOCK_SH | LOCK_NB)
    return descriptor
  }

  /// Whether a process still has the output open that a child of ours was given.
  static func isHeld(_ file: OutputFile) -> Bool {
    guard flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 else {
      flock(file.descriptor, LOCK_UN)
      return false
    }
    return errno == EWOULDBLOCK
  }

  /// A file that holds the given bytes and nothing else, open at its beginning; the caller closes it.
  ///
  /// A file and no pipe: a child that never reads leaves nobody waiting, whatever the size.
  static func input(_ bytes: [UInt8]) throws(SystemCallError) -> Int32 {
    var descriptor = cprocess_memory_file()
    if descriptor < 0, errno == ENOSYS { descriptor = try unlinkedFile() }
    guard descriptor >= 0 else { throw SystemCallError(call: "memfd_create", path: "stdin", number: errno) }
    var done = 0
    while done < bytes.count {
      // At most 2^30 bytes a call: the kernel takes no more.
      let wanted = min(bytes.count - done, 1 << 30)
      let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress! + done, wanted, off_t(done)) }
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        let number = count == 0 ? EIO : errno
        close(descriptor)
        throw SystemCallError(call: "write", path: "stdin", number: number)
      }
    }
    return descriptor
  }

  /// `/dev/null`, open as long as the process lives.
  static let null: Int32 = open("/dev/null", O_RDWR | O_CLOEXEC)

  private static var softLimit: Int32 {
    var limit = rlimit()
    #if os(Linux)
      guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return Int32.max }
    #else
      guard getrlimit(RLIMIT_NOFILE, &limit) == 0 else { return Int32.max }
    #endif
    return Int32(clamping: limit.rlim_cur)
  }

  private static func unlinkedFile() throws(SystemCallError) -> Int32 {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var path = Array("\(folder)/agentscript-stdin-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw SystemCallError(call: "mkstemp", path: folder, number: errno) }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }
}
