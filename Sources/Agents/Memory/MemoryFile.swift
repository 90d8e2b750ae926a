import Clocks

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An open file of a memory. Its lock goes with it.
struct MemoryFile: ~Copyable {
  private var descriptor: Int32
  private let memory: AgentMemory
  private let isForWriting: Bool

  init(_ memory: AgentMemory, forWriting: Bool) throws(MemoryError) {
    self.memory = memory
    isForWriting = forWriting
    descriptor = try MemoryFile.open(memory, forWriting: forWriting)
  }

  deinit { close(descriptor) }

  private static func open(_ memory: AgentMemory, forWriting: Bool) throws(MemoryError) -> Int32 {
    guard memory.path.hasPrefix("/") else { throw MemoryError(path: memory.path, sentence: "its path is not absolute") }
    let folder = try folder(memory, forWriting: forWriting)
    defer { close(folder) }
    let name = memory.path.split(separator: "/").last.map(String.init) ?? ""
    let flags = forWriting ? O_RDWR | O_CREAT | O_APPEND : O_RDONLY
    let descriptor = openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o600)
    guard descriptor >= 0 else { throw .last(memory.path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw MemoryError(path: memory.path, sentence: "it is no file with a text")
    }
    guard status.st_uid == geteuid() else {
      close(descriptor)
      throw MemoryError(path: memory.path, sentence: "it belongs to another user")
    }
    return descriptor
  }

  /// The folder of the file, made if entries are to be added.
  private static func folder(_ memory: AgentMemory, forWriting: Bool) throws(MemoryError) -> Int32 {
    let root = memory.root ?? "/"
    let path = RolePath.normal(memory.path)
    guard RolePath.isInside(path, RolePath.normal(root)) else {
      throw MemoryError(path: memory.path, sentence: "it lies outside of \(root)")
    }
    let isBound = memory.root != nil
    var folder = openFolder(root)
    guard folder >= 0 else { throw .last(memory.path) }
    let parts = Substring(path.utf8.dropFirst(RolePath.normal(root).utf8.count)).split(separator: "/").dropLast().map(
      String.init)
    for part in parts {
      // Above a root of its own the user's links are the user's; within it nobody's are followed.
      let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (isBound ? O_NOFOLLOW : 0)
      var next = openat(folder, part, flags)
      if next < 0, errno == ENOENT, forWriting, mkdirat(folder, part, 0o700) == 0 || errno == EEXIST {
        next = openat(folder, part, flags)
      }
      let number = errno
      close(folder)
      errno = number
      guard next >= 0 else {
        if number == ENOTDIR || number == ELOOP {
          throw MemoryError(path: memory.path, sentence: "'\(part)' on its way is a symbolic link or no folder")
        }
        throw .last(memory.path)
      }
      folder = next
    }
    return folder
  }

  private static func openFolder(_ path: String) -> Int32 {
    openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  /// Waits for the lock, at most five seconds: those who hold it need milliseconds. An editor may have put another file into
  /// this one's place meanwhile; then that one is taken.
  mutating func lock(exclusively: Bool) async throws(MemoryError) {
    for _ in 0..<500 {
      if flock(descriptor, (exclusively ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 {
        if try isCurrent() { return }
        continue
      }
      guard errno == EWOULDBLOCK || errno == EINTR else { throw .last(memory.path) }
      do { try await Task.pause(for: .milliseconds(10)) } catch {
        throw MemoryError(path: memory.path, sentence: "the work was cancelled")
      }
    }
    throw MemoryError(path: memory.path, sentence: "somebody else keeps it locked")
  }

  private mutating func isCurrent() throws(MemoryError) -> Bool {
    let other = try MemoryFile.open(memory, forWriting: isForWriting)
    var mine = stat()
    var current = stat()
    guard fstat(descriptor, &mine) == 0, fstat(other, &current) == 0 else {
      close(other)
      throw .last(memory.path)
    }
    if mine.st_ino == current.st_ino, mine.st_dev == current.st_dev {
      close(other)
      return true
    }
    close(descriptor)
    descriptor = other
    return false
  }

  /// The bytes in the file.
  var size: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  func read(_ range: Range<Int>) throws(MemoryError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(range.lowerBound + done))
      }
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw .last(memory.path)
      }
      done += count
    }
    return Array(bytes.prefix(done))
  }

  /// Adds all of it, or nothing.
  func append(_ bytes: [UInt8]) throws(MemoryError) {
    let before = size
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, $0.count - done) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw undone(to: before) }
      done += count
    }
    guard fsync(descriptor) == 0 else { throw undone(to: before) }
  }

  private func undone(to size: Int) -> MemoryError {
    let error = MemoryError.last(memory.path)
    ftruncate(descriptor, off_t(size))
    return error
  }
}
