#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A descriptor that is closed when nobody holds it any more.
final class OpenFile: Sendable {
  let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// What the system says of the file.
  var facts: stat {
    var facts = stat()
    fstat(descriptor, &facts)
    return facts
  }

  /// The next bytes, at most as many as the buffer has; none at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileScope.Refusal) -> Int {
    while true {
      let count = Glibc_read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw FileScope.Refusal("the file cannot be read: \(String(cString: strerror(errno)))") }
    }
  }

  /// All bytes, at most `limit`; nil if there are more.
  func all(limit: Int) throws(FileScope.Refusal) -> [UInt8]? {
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while case let count = try read(into: buffer), count > 0 {
      bytes.append(contentsOf: buffer[..<count])
      if bytes.count > limit { return nil }
    }
    return bytes
  }

  func write(_ bytes: [UInt8]) throws(FileScope.Refusal) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc_write(descriptor, $0.baseAddress! + done, bytes.count - done) }
      if count > 0 {
        done += count
      } else if errno != EINTR {
        throw FileScope.Refusal("the file cannot be written: \(String(cString: strerror(errno)))")
      }
    }
  }
}

// The methods' own names hide the system's.
private func Glibc_read(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, bytes, count)
}

private func Glibc_write(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

/// Which content of a file is meant: another one has another of these.
struct FileVersion: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  private let size: Int64
  private let seconds: Int64
  private let nanoseconds: Int64

  init(_ facts: stat) {
    device = UInt64(truncatingIfNeeded: facts.st_dev)
    inode = UInt64(truncatingIfNeeded: facts.st_ino)
    size = Int64(facts.st_size)
    #if canImport(Darwin)
      seconds = Int64(facts.st_mtimespec.tv_sec)
      nanoseconds = Int64(facts.st_mtimespec.tv_nsec)
    #else
      seconds = Int64(facts.st_mtim.tv_sec)
      nanoseconds = Int64(facts.st_mtim.tv_nsec)
    #endif
  }

  /// When it was changed, in nanoseconds; for sorting.
  var time: Int64 { seconds &* 1_000_000_000 &+ nanoseconds }
}

extension FileScope {
  /// Opens the folder of a place step by step; makes folders that are missing where `makes`. The place must not be a root.
  func openFolder(of place: Place, makes: Bool = false) throws(Refusal) -> OpenFile {
    var names = place.names
    names.removeLast()
    return try walk(place, names, makes: makes)
  }

  /// Opens the folder that a place is.
  func openFolder(_ place: Place) throws(Refusal) -> OpenFile { try walk(place, place.names, makes: false) }

  private func walk(_ place: Place, _ names: [String], makes: Bool) throws(Refusal) -> OpenFile {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    let first = open(place.root, flags)
    guard first >= 0 else { throw Refusal(FileScope.sentence(errno, place.root)) }
    var folder = OpenFile(first)
    for name in names {
      var next = openat(folder.descriptor, name, flags)
      if next < 0, errno == ENOENT, makes {
        guard mkdirat(folder.descriptor, name, 0o777) == 0 || errno == EEXIST else {
          throw Refusal(FileScope.sentence(errno, place.shown))
        }
        next = openat(folder.descriptor, name, flags)
      }
      guard next >= 0 else { throw Refusal(FileScope.sentence(errno, place.shown)) }
      folder = OpenFile(next)
    }
    return folder
  }

  /// Opens a regular file for reading; nothing else is waited for or read.
  func openFile(_ place: Place) throws(Refusal) -> OpenFile {
    guard let name = place.names.last else { throw Refusal("'\(place.shown)' is a folder") }
    let folder = try openFolder(of: place)
    return try FileScope.openFile(name, in: folder, shown: place.shown)
  }

  static func openFile(_ name: String, in folder: OpenFile, shown: String) throws(Refusal) -> OpenFile {
    let descriptor = openat(folder.descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw Refusal(sentence(errno, shown)) }
    let file = OpenFile(descriptor)
    let kind = file.facts.st_mode & S_IFMT
    guard kind == S_IFREG else { throw Refusal("'\(shown)' is \(words(kind)), and no regular file") }
    return file
  }

  private static func words(_ kind: mode_t) -> String {
    switch kind {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    default: "something else"
    }
  }
}
