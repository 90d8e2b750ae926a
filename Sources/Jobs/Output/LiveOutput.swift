import Clocks

/// A job's output as it comes: pieces in order, until the job has ended and all was read.
///
/// Works for jobs of every process, since it looks at the file and at the registry. With a pattern, each piece holds whole
/// lines. An iteration ends without an error when its task is cancelled.
public struct LiveOutput: AsyncSequence, Sendable {
  /// Bytes as they were written.
  public typealias Element = [UInt8]

  private let record: @Sendable () throws -> JobRecord?
  private let options: ReadOptions

  /// Follows the job that `record` reads anew each time; nil from it ends the sequence.
  ///
  /// Of the options, `since`, `tail` (for the first piece) and `match` count.
  public init(options: ReadOptions = ReadOptions(), record: @escaping @Sendable () throws -> JobRecord?) {
    self.record = record
    self.options = options
  }

  /// Begins at the options' offset.
  public func makeAsyncIterator() -> Iterator { Iterator(record: record, options: options) }

  /// One reader's place in the output.
  public struct Iterator: AsyncIteratorProtocol {
    private static let pieceLength = 1 << 16
    private static let shortestPause = 10
    private static let longestPause = 100

    private let record: @Sendable () throws -> JobRecord?
    private var options: ReadOptions
    /// In milliseconds; grows while nothing comes.
    private var pause = Iterator.shortestPause
    private var isOver = false

    init(record: @escaping @Sendable () throws -> JobRecord?, options: ReadOptions) {
      self.record = record
      self.options = options
      self.options.lines = nil
      self.options.maxBytes = options.tail == nil ? Iterator.pieceLength : nil
    }

    /// The next piece; nil once the job has ended and all was read.
    public mutating func next() async throws -> [UInt8]? {
      while !isOver, !Task.isCancelled {
        // The record first: when it says that the job has ended, all that it wrote is in the file.
        guard let record = try record() else { break }
        let part = try OutputReader(record).read(options)
        let moved = part.nextOffset > options.since ?? 0
        options.since = part.nextOffset
        options.tail = nil
        options.maxBytes = Iterator.pieceLength
        isOver = record.status.isTerminal && !part.isCut
        if moved { pause = Iterator.shortestPause }
        if !part.bytes.isEmpty { return part.bytes }
        if isOver { break }
        if moved { continue }
        do {
          try await Task.pause(for: .milliseconds(pause))
        } catch {
          break
        }
        pause = Swift.min(pause * 2, Iterator.longestPause)
      }
      isOver = true
      return nil
    }
  }
}

extension Registry {
  /// Follows a job's output, from the beginning or as the options say. A job that is removed ends the sequence.
  public func follow(_ id: JobID, options: ReadOptions = ReadOptions()) -> LiveOutput {
    LiveOutput(options: options) { try self.job(id) }
  }
}
