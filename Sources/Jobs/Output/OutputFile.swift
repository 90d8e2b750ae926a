import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The file that one job's output goes into, open for appending.
///
/// ```
/// [START] 2026-01-30T10:00:00Z
/// Task: what the job is for
///
/// …what the job writes, byte for byte…
///
/// [RESULT]
/// { … }
///
/// [COMPLETE] 2026-01-30T10:05:00Z
/// ```
/// The markers are for readers. Nothing is ever decided by them: the job may print the same lines.
public final class OutputFile: Sendable {
  /// The file's path.
  public let path: String
  /// Open for reading and appending, closed on `exec`; give the child a duplicate. Closed when this object goes.
  public let descriptor: Int32
  /// Where the output begins, in bytes: behind the first marker.
  public let firstOffset: Int
  /// Set once the last marker is in the file, so that a second try after a full disk does not write it twice.
  private let isComplete = Mutex(false)

  /// Makes the file, which must not exist (0600 whatever the umask, no symbolic link followed), and writes its head.
  ///
  /// Control characters in `description` become spaces: the head is one line for each of its two parts.
  public init(
    creatingAt path: String, description: String, started: Timestamp = .now()
  ) throws(SystemCallError) {
    let flags = O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = open(path, flags, 0o600)
    guard descriptor >= 0 else { throw .last("open", path) }
    let line = String(String.UnicodeScalarView(description.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    let head = Array("[START] \(started.withoutFraction)\nTask: \(line)\n\n".utf8)
    do throws(SystemCallError) {
      // The umask may have taken bits off that we need ourselves.
      guard fchmod(descriptor, 0o600) == 0 else { throw .last("fchmod", path) }
      try FileIO.writeAll(head, to: descriptor, path: path)
    } catch {
      close(descriptor)
      unlink(path)
      throw error
    }
    self.path = path
    self.descriptor = descriptor
    self.firstOffset = head.count
  }

  /// Makes a file of another name in the same folder as the jobs', for output of which it is not known yet whether it is to
  /// stay. What a dead process leaves of such files is removed by `prune`.
  public convenience init(temporaryIn directory: StateDirectory, description: String) throws(SystemCallError) {
    let name = "\(TemporaryFile.prefix)output-\(UInt64.random(in: .min ... .max))"
    try self.init(creatingAt: "\(directory.jobsPath)/\(name)", description: description)
  }

  deinit { close(descriptor) }

  /// Takes the file's name away.
  public func discard() { unlink(path) }

  /// The file's length in bytes.
  public func size() throws(SystemCallError) -> Int {
    var info = stat()
    guard fstat(descriptor, &info) == 0 else { throw .last("fstat", path) }
    return Int(info.st_size)
  }

  /// What was written from `start`, by default behind the head, until now.
  public func extent(from start: Int? = nil) throws(SystemCallError) -> OutputExtent {
    let start = start ?? firstOffset
    return OutputExtent(start: start, end: max(start, try size()))
  }

  /// Appends output of a job that has no process of its own.
  public func append(_ bytes: [UInt8]) throws(SystemCallError) {
    try FileIO.writeAll(bytes, to: descriptor, path: path)
  }

  /// Appends all that another file holds from an offset on.
  public func append(from other: OutputFile, offset: Int) throws(SystemCallError) {
    var offset = offset
    while true {
      let piece = try other.read(from: offset, count: 1 << 20)
      if piece.isEmpty { return }
      try append(piece)
      offset += piece.count
    }
  }

  /// Appends a line of ours, as `[PROGRESS] 40% linked`, on a line of its own; returns the offset behind it.
  ///
  /// `text` is folded into one line.
  @discardableResult
  public func appendMarker(_ name: String, _ text: String) throws(SystemCallError) -> Int {
    let line = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    try append(try lineBreakIfNeeded() + Array("[\(name)] \(line)\n".utf8))
    return try size()
  }

  /// Up to `count` bytes from `offset` on; fewer at the file's end.
  public func read(from offset: Int, count: Int) throws(SystemCallError) -> [UInt8] {
    try FileIO.read(descriptor, path: path, from: offset, count: count)
  }

  /// Appends the last two markers, once; a second call does nothing. If it fails, the file is as it was before.
  func complete(resultJSON: String, at time: Timestamp) throws(SystemCallError) {
    if isComplete.withLock({ $0 }) { return }
    let before = try size()
    let text = "\n[RESULT]\n\(resultJSON)\n\n[COMPLETE] \(time.withoutFraction)\n"
    do throws(SystemCallError) {
      try append(try lineBreakIfNeeded() + Array(text.utf8))
    } catch {
      ftruncate(descriptor, off_t(before))
      throw error
    }
    isComplete.withLock { $0 = true }
  }

  private func lineBreakIfNeeded() throws(SystemCallError) -> [UInt8] {
    let end = try size()
    guard end > 0 else { return [] }
    return try read(from: end - 1, count: 1) == [0x0A] ? [] : [0x0A]
  }
}
