/// Which part of an output file is wanted. They narrow one after the other: `since`, `lines`, `match`, `tail`, `maxBytes`.
public struct ReadOptions: Sendable, Hashable {
  /// Only the last so many lines.
  public var tail: Int?
  /// Only these lines, counted from 1.
  public var lines: ClosedRange<Int>?
  /// From this byte on.
  public var since: Int?
  /// Only lines in which this regular expression is found.
  public var match: String?
  /// At most so many bytes.
  public var maxBytes: Int?

  /// The most bytes where the caller sets no limit: 16 MiB.
  public static let usualLimit = 16 << 20

  /// Everything, up to the usual limit.
  public init() {}
}
