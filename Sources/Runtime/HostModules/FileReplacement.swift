internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A new version of a file, written beside it and then put in its place.
///
/// Invariants: the temporary file exists from `init` until `replace` or `appear` succeeds, or the value goes, which
/// removes it.
struct FileReplacement: ~Copyable {
  private let target: SystemPath
  private let temporary: SystemPath
  private let file: OpenDescriptor
  private var isPlaced = false

  /// Creates the temporary file. With a mode it gets just this one, else what the umask leaves of 0666; with an owner
  /// it is given to that one where this process may do so.
  init(of target: SystemPath, mode: UInt32?, owner: FileStatus? = nil) throws(Errno) {
    // A name may already be as long as names can be: only its beginning is taken.
    let name = TemporaryName(
      folder: target.folder, prefix: [UInt8(ascii: ".")] + target.name.prefix(100) + [UInt8(ascii: ".")],
      suffix: Array(".tmp".utf8))
    let created = try name.createFile(mode: mode == nil ? 0o666 : 0o600)
    if let owner, owner.raw.st_uid != geteuid() || owner.raw.st_gid != getegid() {
      _ = fchown(created.file.number, owner.raw.st_uid, owner.raw.st_gid)
    }
    if let mode, fchmod(created.file.number, mode_t(mode)) != 0 {
      let failure = Errno.last
      try? created.path.removeEntry()
      throw failure
    }
    self.target = target
    temporary = created.path
    file = created.file
  }

  deinit { if !isPlaced { try? temporary.removeEntry() } }

  func write(_ bytes: [UInt8]) throws(Errno) { try file.write(bytes) }

  func pour(_ source: borrowing OpenDescriptor) throws(Errno) -> Int { try FileContents.pour(source, file) }

  /// Puts it where the target is or was.
  mutating func replace(isDurable: Bool) throws(Errno) {
    if isDurable { try file.synchronize() }
    try temporary.rename(to: target)
    isPlaced = true
    if isDurable { try synchronizeFolder() }
  }

  /// Puts it at the target's name if nothing is there, else EEXIST.
  mutating func appear(isDurable: Bool) throws(Errno) {
    if isDurable { try file.synchronize() }
    let target = target
    do throws(Errno) {
      try temporary.call { from in target.withCString { link(from, $0) } }
    } catch {
      // Some file systems have no hard links.
      guard error == .notPermitted || error == .notSupported else { throw error }
      if (try? FileStatus(target, followsLinks: false)) != nil { throw .fileExists }
      try temporary.rename(to: target)
      isPlaced = true
    }
    if isDurable { try synchronizeFolder() }
  }

  private func synchronizeFolder() throws(Errno) {
    let folder = try OpenDescriptor(target.folder, O_RDONLY | O_DIRECTORY)
    // Some file systems cannot do this for folders.
    if fsync(folder.number) != 0, errno != EINVAL { throw .last }
  }
}

/// A name that nobody has used yet.
struct TemporaryName {
  let folder: SystemPath
  let prefix: [UInt8]
  let suffix: [UInt8]

  /// A new, empty file with mode 0600, or a folder with 0700.
  func create(isFolder: Bool) throws(Errno) -> SystemPath {
    if isFolder {
      return try attempt { path throws(Errno) in
        try path.makeFolder(mode: 0o700)
        return path
      }
    }
    return try createFile(mode: 0o600).path
  }

  /// A new, empty file that is open for writing.
  func createFile(mode: UInt32) throws(Errno) -> CreatedFile {
    try attempt { path throws(Errno) in
      let file = try OpenDescriptor(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
      return CreatedFile(path: path, file: file)
    }
  }

  struct CreatedFile: ~Copyable {
    let path: SystemPath
    let file: OpenDescriptor
  }

  private static let letters = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  private func attempt<R: ~Copyable>(_ make: (SystemPath) throws(Errno) -> R) throws(Errno) -> R {
    for _ in 0..<100 {
      var bits = UInt64.random(in: .min ... .max)
      var middle: [UInt8] = []
      for _ in 0..<10 {
        middle.append(TemporaryName.letters[Int(bits & 31)])
        bits >>= 5
      }
      do throws(Errno) { return try make(folder.appending(prefix + middle + suffix)) } catch {
        if error != .fileExists { throw error }
      }
    }
    throw .fileExists
  }
}
