#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An output file that is read from the front to the back, compressed or not: the reader sees no difference.
struct LogSource: ~Copyable {
  private let descriptor: Int32
  private let path: String
  private let inflater: GzipInflater?
  /// The file's length when it was opened; of a compressed one, its compressed length.
  let storedLength: Int
  /// The place of the next byte in the uncompressed output.
  private(set) var offset = 0
  private var storedOffset = 0
  /// Compressed bytes that were read and are not yet unpacked.
  private var input: ArraySlice<UInt8> = []

  private static let pieceLength = 1 << 16

  var isCompressed: Bool { inflater != nil }

  /// Opens the file at `path`, or else the compressed file that took its place.
  init(path: String) throws(OutputError) {
    var name = path
    var descriptor = LogSource.open(name)
    if descriptor < 0, errno == ENOENT {
      name = path + ".gz"
      descriptor = LogSource.open(name)
      if descriptor < 0, errno == ENOENT { throw OutputError(.missing, path: path) }
    }
    if descriptor < 0, errno == ELOOP { throw OutputError(.link, path: name) }
    guard descriptor >= 0 else { throw OutputError(SystemCallError.last("open", name)) }
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw OutputError(.notAFile, path: name)
    }
    var inflater: GzipInflater?
    if name.hasSuffix(".gz") {
      inflater = GzipInflater()
      if inflater == nil {
        close(descriptor)
        throw OutputError(.outOfMemory, path: name)
      }
    }
    self.descriptor = descriptor
    self.path = name
    self.inflater = inflater
    self.storedLength = Int(info.st_size)
  }

  deinit { close(descriptor) }

  // No link: who may put one in a log's place must not choose what is read. Not blocking: a pipe with that name must not
  // hold the reader up before it is refused.
  private static func open(_ path: String) -> Int32 {
    #if canImport(Darwin)
      Darwin.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    #else
      Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    #endif
  }

  /// Goes on to `target`, or to the end if that comes first. Never goes back.
  mutating func skip(to target: Int) throws(OutputError) {
    if inflater == nil {
      offset = max(offset, target)
      return
    }
    while offset < target {
      if try next(atMost: target - offset).isEmpty { return }
    }
  }

  /// The next bytes, at most `limit`; none at the end.
  mutating func next(atMost limit: Int = .max) throws(OutputError) -> [UInt8] {
    let count = min(limit, LogSource.pieceLength)
    let piece: [UInt8]
    if let inflater {
      piece = try unpack(with: inflater, atMost: count)
    } else {
      piece = try read(from: offset, count: count)
    }
    offset += piece.count
    return piece
  }

  /// Any bytes of an uncompressed file.
  func read(from offset: Int, count: Int) throws(OutputError) -> [UInt8] {
    do throws(SystemCallError) {
      return try FileIO.read(descriptor, path: path, from: offset, count: count)
    } catch {
      throw OutputError(error)
    }
  }

  private mutating func unpack(with inflater: GzipInflater, atMost limit: Int) throws(OutputError) -> [UInt8] {
    while !inflater.isFinished {
      if input.isEmpty {
        input = try read(from: storedOffset, count: LogSource.pieceLength)[...]
        storedOffset += input.count
        guard !input.isEmpty else { throw OutputError(.damaged, path: path) }
      }
      var progress: (used: Int, made: Int)?
      let made = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
        progress = input.withUnsafeBufferPointer { inflater.inflate($0, into: buffer) }
        count = progress?.made ?? 0
      }
      guard let progress else { throw OutputError(.damaged, path: path) }
      input = input.dropFirst(progress.used)
      if !made.isEmpty { return made }
      guard progress.used > 0 || input.isEmpty || inflater.isFinished else {
        throw OutputError(.damaged, path: path)
      }
    }
    return []
  }
}
