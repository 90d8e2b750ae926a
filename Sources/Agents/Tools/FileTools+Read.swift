import Models
import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension FileTools {
  /// Reads lines of a text file, with their numbers.
  public var read: AgentTool {
    tool(
      "read", .reads,
      "Reads lines of a text file. Each comes with its number and a tab before it. Long lines are cut.",
      [
        "path": ["type": "string", "description": "The file, relative to the working folder or absolute."],
        "offset": ["type": "integer", "minimum": 1, "description": "The first line, counted from 1."],
        "limit": ["type": "integer", "minimum": 1, "description": "How many lines; 2000 unless given."],
      ], required: ["path"]
    ) { input, context throws(FileScope.Refusal) in
      let place = try scope.place(try input.text("path"))
      try FileTools.check(place, in: context)
      let file = try scope.openFile(place)
      var reader = LineReading(
        first: input.number("offset", default: 1, in: 1...Int(Int32.max)),
        limit: input.number("limit", default: 2000, in: 1...100_000), room: context.room)
      let text = try await reader.read(file, place.shown)
      seen.note(place, FileVersion(file.facts))
      return text
    }
  }
}

/// Collects lines of a file as it streams by; what is not wanted is not kept.
struct LineReading {
  private let first: Int
  private let limit: Int
  private let room: Int
  private var output: [UInt8] = []
  private var number = 1
  private var taken = 0
  private var line: [UInt8] = []
  private var lineBytes = 0
  private static let longest = 2000

  init(first: Int, limit: Int, room: Int) {
    self.first = first
    self.limit = limit
    self.room = room
  }

  mutating func read(_ file: OpenFile, _ shown: String) async throws(FileScope.Refusal) -> String {
    let size = Int(file.facts.st_size)
    var isFirst = true
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while case let count = try file.read(into: buffer), count > 0 {
      let bytes = buffer[..<count]
      if isFirst, let kind = BinaryKind.of(bytes) {
        throw FileScope.Refusal("'\(shown)' is no text: it is \(kind) of \(size) bytes")
      }
      isFirst = false
      if take(bytes) { return finished(more: true, size) }
      if Task.isCancelled { throw FileScope.Refusal("cancelled") }
      await Task.yield()
    }
    if lineBytes > 0, end(of: []) { return finished(more: false, size) }
    if isFirst { return "('\(shown)' is empty)" }
    if taken == 0 { return "('\(shown)' has \(number - 1) lines, and no line \(first))" }
    return finished(more: false, size)
  }

  /// True once there are enough.
  private mutating func take(_ bytes: Slice<UnsafeMutableRawBufferPointer>) -> Bool {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      if self.end(of: rest[..<end]) { return true }
      rest = rest[(end + 1)...]
    }
    lineBytes += rest.count
    if number >= first { line += rest.prefix(max(0, LineReading.longest - line.count)) }
    return false
  }

  /// A line is whole. True once there are enough.
  private mutating func end(of last: Slice<UnsafeMutableRawBufferPointer>) -> Bool {
    if number >= first { line += last.prefix(max(0, LineReading.longest - line.count)) }
    lineBytes += last.count
    return endLine()
  }

  private mutating func end(of last: [UInt8]) -> Bool {
    line += last
    return endLine()
  }

  private mutating func endLine() -> Bool {
    defer {
      line.removeAll(keepingCapacity: true)
      lineBytes = 0
    }
    guard number >= first else {
      number += 1
      return false
    }
    if line.last == 0x0D, lineBytes == line.count { line.removeLast() }
    let label = String(number)
    let padding = String(repeating: " ", count: max(0, 6 - label.utf8.count))
    var shown = Array((padding + label + "\t").utf8) + line
    if lineBytes > LineReading.longest { shown += "… (\(lineBytes - LineReading.longest) bytes more)".utf8 }
    guard taken == 0 || output.count + shown.count + 1 <= room - 200 else { return true }
    output += shown
    output.append(0x0A)
    number += 1
    taken += 1
    return taken >= limit
  }

  private func finished(more: Bool, _ size: Int) -> String {
    var text = String(decoding: output, as: UTF8.self)
    if more { text += "(more follows: go on with offset \(number); the file has \(size) bytes)\n" }
    return text
  }
}

/// What a file is that is no text.
enum BinaryKind {
  private static let signatures: [([UInt8], String)] = [
    (Array("\u{7F}ELF".utf8), "a program (ELF)"), ([0x89, 0x50, 0x4E, 0x47], "a PNG picture"),
    ([0xFF, 0xD8, 0xFF], "a JPEG picture"), (Array("GIF8".utf8), "a GIF picture"),
    (Array("%PDF".utf8), "a PDF document"),
    ([0x1F, 0x8B], "a gzip archive"), ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive"),
    (Array("SQLite format 3".utf8), "an SQLite database"), ([0x28, 0xB5, 0x2F, 0xFD], "a zstd archive"),
    ([0xCF, 0xFA, 0xED, 0xFE], "a program (Mach-O)"), (Array("RIFF".utf8), "a RIFF file"),
  ]

  /// Nil for text: what has no NUL in its first 8 KiB and no known signature.
  static func of(_ bytes: some Collection<UInt8>) -> String? {
    for (signature, words) in signatures where bytes.starts(with: signature) { return words }
    return bytes.prefix(8192).contains(0) ? "binary data" : nil
  }
}
