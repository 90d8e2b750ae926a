internal import LuaBindings
internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What a path names, in the words of the script API.
enum FileKind: String {
  case file, directory, link, fifo, socket, char, block

  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFDIR: self = .directory
    case S_IFLNK: self = .link
    case S_IFIFO: self = .fifo
    case S_IFSOCK: self = .socket
    case S_IFCHR: self = .char
    case S_IFBLK: self = .block
    default: self = .file
    }
  }
}

/// The answer of stat or lstat.
struct FileStatus {
  let raw: stat

  init(_ path: SystemPath, followsLinks: Bool) throws(Errno) {
    var raw = stat()
    try path.call { followsLinks ? stat($0, &raw) : lstat($0, &raw) }
    self.raw = raw
  }

  init(descriptor: Int32) throws(Errno) {
    var raw = stat()
    guard fstat(descriptor, &raw) == 0 else { throw .last }
    self.raw = raw
  }

  var kind: FileKind { FileKind(mode: raw.st_mode) }
  /// The permission bits, set-id and sticky included.
  var mode: UInt32 { UInt32(raw.st_mode & 0o7777) }

  /// As scripts see it; times in milliseconds since 1970.
  var table: LuaTable {
    #if canImport(Darwin)
      let modified = raw.st_mtimespec
    #else
      let modified = raw.st_mtim
    #endif
    return LuaTable(fields: [
      ("type", .text(kind.rawValue)), ("size", .integer(Int64(raw.st_size))), ("mode", .integer(Int64(mode))),
      ("mtime", .integer(Int64(modified.tv_sec) * 1000 + Int64(modified.tv_nsec) / 1_000_000)),
      ("uid", .integer(Int64(raw.st_uid))), ("gid", .integer(Int64(raw.st_gid))),
      ("dev", .integer(Int64(truncatingIfNeeded: raw.st_dev))),
      ("ino", .integer(Int64(truncatingIfNeeded: raw.st_ino))), ("nlink", .integer(Int64(raw.st_nlink))),
    ])
  }
}

/// One name in a folder, and what it names (a link itself, not its target).
struct FolderEntry {
  let name: [UInt8]
  let kind: FileKind

  /// All but "." and "..", in the file system's order.
  static func all(in path: SystemPath) throws(Errno) -> [FolderEntry] {
    let descriptor = try OpenDescriptor(path, O_RDONLY | O_DIRECTORY)
    return try all(in: descriptor.number)
  }

  /// The same for an open folder; the descriptor stays open.
  static func all(in folder: Int32) throws(Errno) -> [FolderEntry] {
    let own = fcntl(folder, F_DUPFD_CLOEXEC, 0)
    guard own >= 0 else { throw .last }
    guard let stream = fdopendir(own) else {
      let failure = Errno.last
      close(own)
      throw failure
    }
    defer { closedir(stream) }
    // The position is the description's, which the duplicate shares.
    rewinddir(stream)
    var entries: [FolderEntry] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw .last }
        return entries
      }
      let text = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
      let name = Array(UnsafeRawBufferPointer(start: text, count: strlen(text.assumingMemoryBound(to: CChar.self))))
      if name == [0x2E] || name == [0x2E, 0x2E] { continue }
      if let kind = kind(of: entry.pointee.d_type, name, in: folder) {
        entries.append(FolderEntry(name: name, kind: kind))
      }
    }
  }

  /// nil for what has gone since it was listed.
  private static func kind(of type: UInt8, _ name: [UInt8], in folder: Int32) -> FileKind? {
    switch Int(type) {
    case Int(DT_REG): return .file
    case Int(DT_DIR): return .directory
    case Int(DT_LNK): return .link
    default:
      var raw = stat()
      let result = SystemPath(trusted: name).withCString { fstatat(folder, $0, &raw, AT_SYMLINK_NOFOLLOW) }
      return result == 0 ? FileKind(mode: raw.st_mode) : nil
    }
  }
}
