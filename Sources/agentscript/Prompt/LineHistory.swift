#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What was typed at the prompt before, one entry a line, in `$XDG_STATE_HOME/agentscript/history`.
///
/// The file is private (0600, its folder 0700) and only appended to, so that several prompts share it; it is cut when it
/// has grown to twice its length. A line end inside an entry is written as `\n`, a backslash as `\\`. Whatever fails here
/// fails silently: a prompt without memory is still a prompt.
struct LineHistory: Sendable, Hashable {
  /// How many entries are kept.
  static let capacity = 1000

  let path: String

  /// The usual file, or nil when there is no home folder to keep it in.
  init?(environment: (String) -> String?) {
    if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") {
      path = state + "/agentscript/history"
    } else if let home = environment("HOME"), home.hasPrefix("/") {
      path = home + "/.local/state/agentscript/history"
    } else {
      return nil
    }
  }

  /// A file at a place of the caller's.
  init(path: String) {
    self.path = path
  }

  /// The entries, the oldest first.
  func load() -> [[UInt8]] {
    guard let bytes = read() else { return [] }
    let entries = bytes.split(separator: UInt8(ascii: "\n")).map { Self.unescape($0) }
    guard entries.count > Self.capacity * 2 else { return Array(entries.suffix(Self.capacity)) }
    let kept = Array(entries.suffix(Self.capacity))
    replace(with: kept)
    return kept
  }

  /// Adds an entry at the end.
  func append(_ entry: [UInt8]) {
    guard !entry.isEmpty, makeFolder() else { return }
    let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return }
    defer { close(file) }
    // One write: entries of several prompts do not mix.
    Self.writeOnce(Self.escape(entry) + [UInt8(ascii: "\n")], to: file)
  }

  static func escape(_ entry: [UInt8]) -> [UInt8] {
    entry.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "\\"): [byte, byte]
      case UInt8(ascii: "\n"): [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      default: [byte]
      }
    }
  }

  static func unescape(_ line: some Sequence<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var isEscaped = false
    for byte in line {
      if isEscaped {
        result.append(byte == UInt8(ascii: "n") ? UInt8(ascii: "\n") : byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        result.append(byte)
      }
    }
    return result
  }

  private func read() -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while result.count < 64 << 20 {
      let count = systemRead(file, &buffer, buffer.count)
      guard count > 0 else { break }
      result += buffer[..<count]
    }
    return result
  }

  private func replace(with entries: [[UInt8]]) {
    let temporary = path + ".\(getpid())"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return }
    let bytes = entries.flatMap { Self.escape($0) + [UInt8(ascii: "\n")] }
    let isWhole = Self.writeOnce(bytes, to: file)
    close(file)
    if isWhole { rename(temporary, path) } else { unlink(temporary) }
  }

  private func makeFolder() -> Bool {
    guard let slash = path.lastIndex(of: "/") else { return true }
    let folder = path[..<slash]
    var prefix = ""
    for part in folder.split(separator: "/") {
      prefix += "/" + part
      if mkdir(prefix, 0o700) != 0, errno != EEXIST { return false }
    }
    return true
  }

  @discardableResult
  private static func writeOnce(_ bytes: [UInt8], to file: Int32) -> Bool {
    write(file, bytes, bytes.count) == bytes.count
  }
}

private func systemRead(_ file: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(file, buffer, count)
}
