#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Why an output file could not be read: one sentence.
public struct OutputReadError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was wrong.
  public let description: String

  init(_ description: String) { self.description = description }

  init(_ error: SystemCallError) {
    description =
      error.number == ENOENT
      ? "there is no output file '\(error.path)'" : "cannot read '\(error.path)': \(error.message)"
  }
}

/// Reads output files, also while they grow. Never holds more of a file than it returns, and some 64 KiB.
public enum OutputReader {
  /// What a job has said: the bytes between our markers, of its last attempt; of a long output head and tail with a line
  /// between them. Empty for a job without a file.
  public static func excerpt(of record: JobRecord) throws(OutputReadError) -> [UInt8] {
    guard let path = record.outputFile else { return [] }
    let file = try OpenFile(path)
    do throws(SystemCallError) {
      let size = try file.size()
      let start = min(record.outputStart ?? 0, size)
      let end = max(start, min(record.outputEnd ?? size, size))
      return try OutputExcerpt.make(extent: OutputExtent(start: start, end: end), path: path) {
        offset, count throws(SystemCallError) in try file.read(from: offset, count: count)
      }
    } catch { throw OutputReadError(error) }
  }

  /// A part of a file, markers included, and the offset to go on from.
  ///
  /// With `since` and `match`, an unfinished last line is left for the next time.
  public static func read(
    path: String, _ options: ReadOptions = ReadOptions()
  ) throws(OutputReadError) -> (bytes: [UInt8], next: Int) {
    let file = try OpenFile(path)
    let limit = options.maxBytes ?? ReadOptions.usualLimit
    var filter = try LineFilter(options, limit: limit)
    do throws(SystemCallError) {
      let size = try file.size()
      let start = min(options.since ?? 0, size)
      if options.lines != nil || options.match != nil {
        return try filter.run(over: file, from: start, size: size, leavesUnfinished: options.since != nil)
      }
      if let tail = options.tail { return (try file.tail(lines: tail, from: start, size: size, limit: limit), size) }
      let bytes = try file.read(from: start, count: min(limit, size - start))
      return (bytes, start + bytes.count)
    } catch { throw OutputReadError(error) }
  }
}

/// What is added to a file, piece by piece.
public struct OutputFollower: Sendable {
  /// The file.
  public let path: String
  /// Where the next piece begins.
  public private(set) var offset: Int

  /// The most bytes of one piece.
  private static let piece = 256 << 10

  /// Follows a file from a byte on.
  public init(path: String, from offset: Int = 0) {
    self.path = path
    self.offset = offset
  }

  /// What was added since the last call, 256 KiB at most; empty if nothing was.
  public mutating func next() throws(OutputReadError) -> [UInt8] {
    let file = try OpenFile(path)
    do throws(SystemCallError) {
      let bytes = try file.read(from: offset, count: OutputFollower.piece)
      offset += bytes.count
      return bytes
    } catch { throw OutputReadError(error) }
  }
}

/// A file open for reading; symbolic links are not followed.
final class OpenFile {
  private let descriptor: Int32
  private let path: String

  init(_ path: String) throws(OutputReadError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    self.path = path
    guard descriptor >= 0 else { throw OutputReadError(.last("open", path)) }
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      throw OutputReadError("'\(path)' is no file")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func size() throws(SystemCallError) -> Int {
    var info = stat()
    guard fstat(descriptor, &info) == 0 else { throw .last("fstat", path) }
    return Int(info.st_size)
  }

  func read(from offset: Int, count: Int) throws(SystemCallError) -> [UInt8] {
    try FileIO.read(descriptor, path: path, from: offset, count: count)
  }

  /// The last lines of what lies from `start` to `size`, found backwards.
  func tail(lines: Int, from start: Int, size: Int, limit: Int) throws(SystemCallError) -> [UInt8] {
    var bytes: [UInt8] = []
    var left = lines, end = size
    guard lines > 0 else { return [] }
    while end > start, bytes.count < limit {
      let count = min(65536, end - start)
      let chunk = try read(from: end - count, count: count)
      var index = chunk.count
      while index > 0 {
        index -= 1
        // The line end at the very end of the file ends the last line; it begins none.
        guard chunk[index] == 0x0A, end - count + index != size - 1 else { continue }
        left -= 1
        if left == 0 { return Array((chunk[(index + 1)...] + bytes).suffix(limit)) }
      }
      bytes = chunk + bytes
      end -= count
    }
    return Array(bytes.suffix(limit))
  }
}
