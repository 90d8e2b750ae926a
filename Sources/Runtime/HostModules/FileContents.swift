internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Whole files in and out.
enum FileContents {
  /// What a write does to what is there.
  enum Change: String {
    case replace, append, create
  }

  /// More than this in one string is refused (EFBIG): it would take the process's memory.
  static let largest = 1 << 30

  // MARK: Reading

  /// At most `count` bytes from `offset` on; all that follow for nil.
  static func read(_ path: SystemPath, from offset: Int, count: Int?) throws(Errno) -> [UInt8] {
    // A pipe without a writer must not hold the script up: such an open does not wait for one.
    let file = try OpenDescriptor(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    let status = try FileStatus(descriptor: file.number)
    if status.kind == .directory { throw .isDirectory }
    _ = fcntl(file.number, F_SETFL, 0)
    if offset > 0, lseek(file.number, off_t(offset), SEEK_SET) < 0 { throw .last }
    let limit = count ?? largest + 1
    let expected = status.kind == .file ? max(0, Int(status.raw.st_size) - offset) : 0
    let bytes = try read(file, atMost: limit, expecting: min(expected, limit))
    if bytes.count > largest { throw .fileTooLarge }
    return bytes
  }

  private static func read(
    _ file: borrowing OpenDescriptor, atMost limit: Int, expecting: Int
  ) throws(Errno) -> [UInt8] {
    if expecting > largest { throw .fileTooLarge }
    // One more than expected, so that the end is seen without another round.
    var bytes = [UInt8](repeating: 0, count: min(limit, max(expecting + 1, 65536)))
    var filled = 0
    while filled < limit {
      if filled == bytes.count { bytes += [UInt8](repeating: 0, count: min(limit - filled, filled)) }
      let got = try bytes.withUnsafeMutableBufferPointer { buffer throws(Errno) in
        try file.read(into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[filled...])))
      }
      if got == 0 { break }
      filled += got
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  // MARK: Writing

  /// Writes the bytes to a file. `replace` and `create` show readers the old file or the new one, never a part.
  static func write(
    _ bytes: [UInt8], to path: SystemPath, _ change: Change, mode: UInt32?, isDurable: Bool
  ) throws(Errno) {
    switch change {
    case .append:
      let file = try OpenDescriptor(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY, mode: mode ?? 0o666)
      try file.write(bytes)
      if isDurable { try file.synchronize() }
    case .create:
      var replacement = try FileReplacement(of: path, mode: mode)
      try replacement.write(bytes)
      try replacement.appear(isDurable: isDurable)
    case .replace:
      guard let place = try ReplacePlace(path) else {
        // A device, a pipe or a link to nowhere: there is nothing to replace.
        let file = try OpenDescriptor(path, O_WRONLY | O_CREAT | O_NOCTTY, mode: mode ?? 0o666)
        return try file.write(bytes)
      }
      var replacement = try FileReplacement(of: place.path, mode: mode ?? place.status?.mode, owner: place.status)
      try replacement.write(bytes)
      try replacement.replace(isDurable: isDurable)
    }
  }

  /// Copies a file with its permission bits; the number of bytes. `to` appears whole or not at all.
  static func copy(_ from: SystemPath, to: SystemPath, overwrites: Bool) throws(Errno) -> Int {
    let source = try OpenDescriptor(from, O_RDONLY | O_NOCTTY)
    let status = try FileStatus(descriptor: source.number)
    if status.kind == .directory { throw .isDirectory }
    let place = overwrites ? try ReplacePlace(to) : nil
    if overwrites, place == nil {
      return try pour(source, OpenDescriptor(to, O_WRONLY | O_CREAT | O_NOCTTY, mode: 0o666))
    }
    var replacement = try FileReplacement(of: place?.path ?? to, mode: status.mode)
    let count = try replacement.pour(source)
    if overwrites {
      try replacement.replace(isDurable: false)
    } else {
      try replacement.appear(isDurable: false)
    }
    return count
  }

  /// All that is left of one file, written to another.
  static func pour(
    _ source: borrowing OpenDescriptor, _ target: borrowing OpenDescriptor
  ) throws(Errno) -> Int {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    var total = 0
    while true {
      let count = try source.read(into: buffer)
      if count == 0 { return total }
      try target.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      total += count
    }
  }
}

/// Where the new version of a path's file has to be put: at the end of its links.
private struct ReplacePlace {
  let path: SystemPath
  /// Of the file that is there.
  let status: FileStatus?

  /// nil if there is something that is no regular file, or a link to nowhere; a folder is refused.
  init?(_ path: SystemPath) throws(Errno) {
    let own: FileStatus
    do throws(Errno) { own = try FileStatus(path, followsLinks: false) } catch {
      guard error == .noSuchFileOrDirectory else { throw error }
      self.path = path
      status = nil
      return
    }
    switch own.kind {
    case .file:
      self.path = path
      status = own
    case .directory: throw .isDirectory
    case .link:
      let target: FileStatus
      do throws(Errno) { target = try FileStatus(path, followsLinks: true) } catch {
        guard error == .noSuchFileOrDirectory else { throw error }
        return nil
      }
      if target.kind == .directory { throw .isDirectory }
      guard target.kind == .file else { return nil }
      self.path = try path.resolved()
      status = target
    default: return nil
    }
  }
}
