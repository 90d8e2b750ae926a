/// Cuts a server's bytes into lines, and leaves out those that are too long. Pure.
struct MCPLines {
  enum Line: Equatable {
    case whole([UInt8])
    /// What is known of a line that was left out: its first and last bytes.
    case tooLong(head: [UInt8], tail: [UInt8])
  }

  private let limit: Int
  private var pending: [UInt8] = []
  private var scanned = 0
  /// The head and the last bytes of a line that is being left out.
  private var skipped: (head: [UInt8], tail: [UInt8])?

  init(limit: Int) { self.limit = limit }

  /// The lines that end in these bytes.
  mutating func take(_ bytes: [UInt8]) -> [Line] {
    var lines: [Line] = []
    pending += bytes
    var start = 0
    while let end = pending[max(start, scanned)...].firstIndex(of: 0x0A) {
      let line = pending[start..<end]
      start = end + 1
      if let head = skipped?.head {
        lines.append(.tooLong(head: head, tail: tail(with: line)))
        skipped = nil
      } else if line.count > limit {
        lines.append(.tooLong(head: Array(line.prefix(4096)), tail: Array(line.suffix(4096))))
      } else if !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) {
        lines.append(.whole(Array(line)))
      }
    }
    pending.removeFirst(start)
    scanned = pending.count
    if skipped != nil || pending.count > limit {
      skipped = (skipped?.head ?? Array(pending.prefix(4096)), tail(with: pending[...]))
      pending = []
      scanned = 0
    }
    return lines
  }

  private func tail(with bytes: ArraySlice<UInt8>) -> [UInt8] {
    Array(((skipped?.tail ?? []) + bytes.suffix(4096)).suffix(4096))
  }

  /// The number of the request that a line which was left out seems to answer.
  static func answeredID(head: [UInt8], tail: [UInt8]) -> Int64? {
    for bytes in [head, tail] {
      let key = Array("\"id\"".utf8)
      guard bytes.count > key.count else { continue }
      for start in 0..<(bytes.count - key.count) where bytes[start] == key[0] && bytes[start...].starts(with: key) {
        let rest = bytes[(start + key.count)...].drop { $0 == 0x20 }
        guard rest.first == UInt8(ascii: ":") else { continue }
        let digits = rest.dropFirst().drop { $0 == 0x20 }.prefix { (0x30...0x39).contains($0) }
        if !digits.isEmpty, let id = Int64(String(decoding: digits, as: UTF8.self)) { return id }
      }
    }
    return nil
  }
}
