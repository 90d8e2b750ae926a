internal import CProcess
import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The descriptors that a child gets as its standard input and output.
enum ChildDescriptors {
  /// How many descriptors stay free, for all that goes on beside the start of processes. A quarter of the limit at most.
  private static let reserve = 160

  /// The output file, opened anew for the child.
  ///
  /// A description of its own, because what a child sets on it (`O_NONBLOCK`, say) must not reach ours; and with a shared
  /// lock, which every process that still has it open keeps alive: see `isHeld`.
  static func output(_ file: OutputFile) throws(SystemCallError) -> Int32 {
    let descriptor = open(file.path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemCallError(call: "open", path: file.path, number: errno) }
    guard hasRoom(besides: descriptor) else {
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

  /// Whether enough descriptors are free for a process to be started.
  private static func hasRoom(besides newest: Int32) -> Bool {
    var limit = rlimit()
    #if os(Linux)
      guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return true }
    #else
      guard getrlimit(RLIMIT_NOFILE, &limit) == 0 else { return true }
    #endif
    let all = Int(clamping: limit.rlim_cur)
    return max(used, Int(newest)) + min(reserve, all / 4) < all
  }

  /// How many descriptors are in use, where the kernel counts them (Linux 6.2); else 0.
  private static var used: Int {
    var info = stat()
    return stat("/proc/self/fd", &info) == 0 ? Int(info.st_size) : 0
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
