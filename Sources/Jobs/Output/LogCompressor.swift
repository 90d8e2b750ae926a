import CStorage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Puts a finished log's compressed form in its place. At every moment one whole form of the log is there.
///
/// Any number of processes may do it at once, and remove jobs meanwhile: a log is compressed by one of them, and nothing is
/// put where another has taken it away, as long as who takes files away holds the folder's lock.
struct LogCompressor {
  /// Shorter logs are left as they are.
  static let threshold = 64 * 1024

  /// What became of a log.
  enum Outcome: Hashable {
    /// It is compressed, which saved so many bytes.
    case compressed(savedBytes: Int64)
    /// There is nothing to do and never will be: no such file, or a short one.
    case needless
    /// Somebody else compresses it, or something still writes to it. It is as it was.
    case busy
    /// It was told to stop. The log is as it was.
    case stopped
  }

  private static let pieceLength = 1 << 16
  /// After so many bytes the disk is told to begin, so that in the end there is little left to wait for.
  private static let burst = 4 << 20

  private let directory: StateDirectory
  private let goesOn: () -> Bool

  /// `goesOn` is asked after every few milliseconds of work.
  init(_ directory: StateDirectory, while goesOn: @escaping () -> Bool = { true }) {
    self.directory = directory
    self.goesOn = goesOn
  }

  /// Compresses the file. Whatever fails leaves it as it was.
  func compress(
    _ path: String, with deflater: GzipDeflater? = GzipDeflater()
  ) throws(SystemCallError) -> Outcome {
    let source = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard source >= 0 else {
      if errno == ENOENT { return .needless }
      throw .last("open", path)
    }
    defer { close(source) }
    let before = try FileIO.information(source, path)
    guard before.st_mode & S_IFMT == S_IFREG, before.st_size > LogCompressor.threshold else { return .needless }
    guard flock(source, LOCK_EX | LOCK_NB) == 0 else { return .busy }
    guard let deflater else { throw SystemCallError(call: "deflateInit", path: path, number: ENOMEM) }
    let temporary = "\(directory.jobsPath)/\(TemporaryFile.prefix)\(UInt64.random(in: .min ... .max)).gz"
    let target = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw .last("open", temporary) }
    var isNamed = false
    defer {
      close(target)
      if !isNamed { unlink(temporary) }
    }
    guard fchmod(target, 0o600) == 0 else { throw .last("fchmod", temporary) }
    let result = try pack((source, path), Int(before.st_size), into: (target, temporary), with: deflater)
    guard result == nil else { return result ?? .stopped }
    try FileIO.synchronize(target, path: temporary)
    let saved = Int64(before.st_size) - Int64(try FileIO.information(target, temporary).st_size)

    return try FolderLock.hold(directory.jobsPath) { () throws(SystemCallError) in
      guard try isUnchanged(path, source, since: before) else { return .busy }
      guard rename(temporary, path + ".gz") == 0 else { throw .last("rename", temporary) }
      isNamed = true
      try FileIO.synchronizeFolder(directory.jobsPath)
      guard unlink(path) == 0 else { throw .last("unlink", path) }
      return .compressed(savedBytes: saved)
    }
  }

  /// Whether the path still names the file that was packed, and nothing was added: something that outlived its job may
  /// write on, and the job may have been removed.
  private func isUnchanged(
    _ path: String, _ descriptor: Int32, since before: stat
  ) throws(SystemCallError) -> Bool {
    let open = try FileIO.information(descriptor, path)
    var named = stat()
    guard lstat(path, &named) == 0 else { return false }
    return named.st_ino == open.st_ino && named.st_dev == open.st_dev && open.st_size == before.st_size
  }

  /// Packs all `length` bytes; returns why it did not, or nil.
  private func pack(
    _ source: (descriptor: Int32, path: String), _ length: Int, into target: (descriptor: Int32, path: String),
    with deflater: GzipDeflater
  ) throws(SystemCallError) -> Outcome? {
    var output = [UInt8](repeating: 0, count: LogCompressor.pieceLength)
    var offset = 0
    while !deflater.isFinished {
      guard goesOn() else { return .stopped }
      let input = try FileIO.read(
        source.descriptor, path: source.path, from: offset, count: LogCompressor.pieceLength)
      offset += input.count
      guard offset <= length else { return .busy }
      var rest = input[...]
      repeat {
        let step = rest.withUnsafeBufferPointer { input in
          output.withUnsafeMutableBufferPointer { deflater.deflate(input, isLast: input.isEmpty, into: $0) }
        }
        guard let step else { throw SystemCallError(call: "deflate", path: source.path, number: EINVAL) }
        rest = rest.dropFirst(step.used)
        try FileIO.writeAll(output[..<step.made], to: target.descriptor, path: target.path)
      } while !rest.isEmpty || (input.isEmpty && !deflater.isFinished)
      if offset.isMultiple(of: LogCompressor.burst) { cstorage_start_writing(target.descriptor) }
    }
    return offset == length ? nil : .busy
  }
}
