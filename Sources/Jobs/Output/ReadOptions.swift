public import TextPattern

/// Which part of an output is wanted. What is set applies in this order: `since`, `lines`, `match`, `tail`, `maxBytes`.
public struct ReadOptions: Sendable, Hashable {
  /// Begin at this byte of the file, as an earlier reading returned it in `nextOffset`.
  public var since: Int?
  /// Only these lines, counted from 1 where the reading begins.
  public var lines: ClosedRange<Int>?
  /// Only lines in which this is found.
  public var match: LinePattern?
  /// Only the last so many of the lines that are left.
  public var tail: Int?
  /// At most so many bytes: of a tail the last, else the first. `usualLimit` unless set.
  public var maxBytes: Int?

  /// The limit for a reading that sets none, in bytes.
  public static let usualLimit = 16 << 20

  /// Everything, from the beginning.
  public init(
    since: Int? = nil, lines: ClosedRange<Int>? = nil, match: LinePattern? = nil, tail: Int? = nil, maxBytes: Int? = nil
  ) {
    self.since = since
    self.lines = lines
    self.match = match
    self.tail = tail
    self.maxBytes = maxBytes
  }

  var limit: Int { max(maxBytes ?? ReadOptions.usualLimit, 0) }
  var selectsLines: Bool { lines != nil || match != nil || tail != nil }
}

/// A part of an output.
public struct OutputPart: Sendable, Hashable {
  /// The bytes as they were written.
  public var bytes: [UInt8]
  /// Where the next reading goes on: the byte behind what this one has looked at.
  public var nextOffset: Int
  /// Whether `maxBytes` cut something off: behind, which the next reading brings, or of a tail before.
  public var isCut: Bool

  /// The bytes as text, with U+FFFD for what is no UTF-8.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}
