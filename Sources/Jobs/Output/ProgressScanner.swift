/// What a line `[PROGRESS] …` said.
public struct ProgressReport: Sendable, Hashable {
  /// From 0 to 1, when the line began with a percentage.
  public var fraction: Double?
  /// The rest of the line, or nil if nothing followed the percentage.
  public var text: String?

  /// A report by its parts.
  public init(fraction: Double?, text: String?) {
    self.fraction = fraction
    self.text = text
  }

  /// Reads what follows the marker, as `40% linked`, `12.5%` or `Step 1 complete`.
  init(parsing bytes: some Collection<UInt8>) {
    var rest = bytes.drop { $0 == 0x20 || $0 == 0x09 }
    if let percent = rest.prefix(12).firstIndex(of: UInt8(ascii: "%")) {
      let digits = rest[rest.startIndex..<percent]
      if let value = ProgressReport.percentage(digits) {
        fraction = min(value / 100, 1)
        rest = rest[rest.index(after: percent)...].drop { $0 == 0x20 || $0 == 0x09 }
      }
    }
    let text = String(decoding: rest, as: UTF8.self)
    self.text = text.isEmpty ? nil : text
  }

  /// Digits with at most one point between them; nothing else, so no sign and no exponent.
  private static func percentage(_ bytes: some Collection<UInt8>) -> Double? {
    let isNumber = bytes.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    guard isNumber, let first = bytes.first, first != UInt8(ascii: ".") else { return nil }
    return Double(String(decoding: bytes, as: UTF8.self))
  }
}

/// Finds the lines `[PROGRESS] …` in output that arrives in pieces. Pure: bytes in, reports out.
///
/// A line's first 4096 bytes count, and the rest of it is passed over, so that a file without line breaks costs no memory.
public struct ProgressScanner: Sendable {
  private static let marker = Array("[PROGRESS]".utf8)
  private static let longestLine = 4096
  private var line: [UInt8] = []
  /// The line so far cannot be a marker: skip to its end.
  private var isSkipping = false

  /// A scanner at the beginning of a line.
  public init() {}

  /// Takes the next piece, and returns what the lines that end in it report.
  public mutating func scan(_ bytes: some Collection<UInt8>) -> [ProgressReport] {
    var reports: [ProgressReport] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let end = rest.firstIndex(of: 0x0A)
      if !isSkipping { collect(rest[..<(end ?? rest.endIndex)]) }
      guard let end else { break }
      if let report = takeLine() { reports.append(report) }
      rest = rest[rest.index(after: end)...]
    }
    return reports
  }

  /// What an unfinished last line reports, once no more bytes will come.
  public mutating func finish() -> ProgressReport? { takeLine() }

  private mutating func collect(_ bytes: some Collection<UInt8>) {
    line.append(contentsOf: bytes.prefix(ProgressScanner.longestLine - line.count))
    let known = min(line.count, ProgressScanner.marker.count)
    if line[..<known] != ProgressScanner.marker[..<known] {
      isSkipping = true
      line.removeAll(keepingCapacity: true)
    }
  }

  private mutating func takeLine() -> ProgressReport? {
    defer {
      line.removeAll(keepingCapacity: true)
      isSkipping = false
    }
    guard !isSkipping, line.starts(with: ProgressScanner.marker) else { return nil }
    var content = line[ProgressScanner.marker.count...]
    if content.last == 0x0D { content.removeLast() }
    guard let first = content.first else { return ProgressReport(fraction: nil, text: nil) }
    guard first == 0x20 || first == 0x09 else { return nil }
    return ProgressReport(parsing: content)
  }
}
