#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A Markdown file that an agent reads at its start and may add to.
///
/// Agents of any number of processes may add at once: each entry is one write under a lock of the file, whole or not at all,
/// unless the machine itself stops. Nothing is ever taken out: a full file refuses, because part of it may be a person's own.
public struct AgentMemory: Sendable, Hashable {
  /// The file, absolute. It need not exist.
  public let path: String
  /// The folder that the file has to lie in, with no symbolic link on the way; nil for anywhere.
  public let root: String?
  /// The most bytes of one entry.
  public var entryLimit = 8 << 10
  /// The most bytes of the file that entries are added to.
  public var fileLimit = 256 << 10

  /// A memory by its file.
  public init(path: String, root: String? = nil) {
    self.path = path
    self.root = root
  }

  /// The memory of a role; nil if it has none.
  public init?(of role: AgentRole) {
    guard let path = role.memory else { return nil }
    self.init(path: path, root: role.memoryRoot)
  }

  /// What the file says, nil if it is not there or empty. Of a long one the beginning and the last entries, `limit` bytes in
  /// all, with a line between them that says how much is left out.
  public func read(limit: Int = 32 << 10) async throws(MemoryError) -> String? {
    var file: MemoryFile
    do {
      file = try MemoryFile(self, forWriting: false)
    } catch  where error.isMissing {
      return nil
    }
    try await file.lock(exclusively: false)
    let size = file.size
    let bytes: [UInt8]
    if size <= limit {
      bytes = try file.read(0..<size)
    } else {
      bytes = AgentMemory.shortened(
        head: try file.read(0..<(limit * 3 / 4)), tail: try file.read((size - limit / 4)..<size), size: size, path: path
      )
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.allSatisfy(\.isWhitespace) ? nil : text
  }

  /// Whole lines of both ends.
  private static func shortened(head: [UInt8], tail: [UInt8], size: Int, path: String) -> [UInt8] {
    let newline = UInt8(ascii: "\n")
    let kept = head.lastIndex(of: newline).map { Array(head[...$0]) } ?? head + [newline]
    let last = tail.firstIndex(of: newline).map { Array(tail[($0 + 1)...]) } ?? tail
    let left = size - kept.count - last.count
    return kept + Array("\n[… \(left) bytes of \(path) are left out here …]\n\n".utf8) + last
  }

  /// Adds an entry below a heading with the time, in UTC, and who wrote it. Throws if it is empty or too long, if the file is
  /// full, or if it cannot be written; then nothing of it stands there.
  public func append(_ text: String, by author: String = "") async throws(MemoryError) {
    let entry = try entry(text, by: author)
    var file = try MemoryFile(self, forWriting: true)
    try await file.lock(exclusively: true)
    let size = file.size
    guard size + entry.utf8.count + 2 <= fileLimit else {
      throw MemoryError(path: path, sentence: "it is full (\(size) of \(fileLimit) bytes): somebody has to shorten it")
    }
    var gap = ""
    if size > 0 { gap = try file.read((size - 1)..<size) == [UInt8(ascii: "\n")] ? "\n" : "\n\n" }
    try file.append(Array((gap + entry).utf8))
  }

  private func entry(_ text: String, by author: String) throws(MemoryError) -> String {
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      if !isControl || scalar == "\n" || scalar == "\t" { clean.append(scalar) }
    }
    var body = String(clean).drop { $0.isWhitespace }
    while body.last?.isWhitespace == true { body = body.dropLast() }
    guard !body.isEmpty else { throw MemoryError(path: path, sentence: "an entry needs a text") }
    guard body.utf8.count <= entryLimit else {
      throw MemoryError(
        path: path, sentence: "an entry has at most \(entryLimit) bytes, and this one has \(body.utf8.count)")
    }
    let signed = author.isEmpty ? "" : " " + PlainText.quotable(author)
    return "## \(AgentMemory.now)\(signed)\n\n\(body)\n"
  }

  /// The time in UTC, `2026-01-30T10:00:00Z`.
  private static var now: String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    return "\(date)T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }
}

/// Why a memory cannot be read or added to.
public struct MemoryError: Error, Hashable, Sendable {
  /// The memory's file.
  public let path: String
  /// What is wrong, for the end of a sentence.
  public let sentence: String
  /// True if there is no such file.
  let isMissing: Bool

  init(path: String, sentence: String, isMissing: Bool = false) {
    self.path = path
    self.sentence = sentence
    self.isMissing = isMissing
  }

  static func last(_ path: String) -> MemoryError {
    let number = errno
    let sentence = number == ELOOP ? "it is a symbolic link" : String(cString: strerror(number))
    return MemoryError(path: path, sentence: sentence, isMissing: number == ENOENT)
  }
}

extension MemoryError: CustomStringConvertible {
  /// One sentence.
  public var description: String { "the memory \(path) cannot be used: \(sentence)" }
}
