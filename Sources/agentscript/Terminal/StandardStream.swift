#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Standard output or standard error, written without a buffer of its own.
struct StandardStream: Sendable {
  /// Why a write failed.
  enum WriteError: Error, Hashable {
    /// The reader is gone, as `head` is after its lines. Nobody wants to hear more.
    case closed
    case system(Int32)
  }

  static let output = StandardStream(descriptor: 1)
  static let error = StandardStream(descriptor: 2)

  let descriptor: Int32

  /// True when a person looks at it.
  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// True when escape sequences of ours are understood there.
  var understandsEscapes: Bool {
    guard isTerminal, let kind = Self.variable("TERM") else { return false }
    return !kind.isEmpty && kind != "dumb"
  }

  /// True when colours are wanted there (https://no-color.org).
  var wantsColor: Bool { understandsEscapes && (Self.variable("NO_COLOR") ?? "").isEmpty }

  /// The terminal's width in cells, or nil when it is no terminal or does not say.
  var columns: Int? {
    guard isTerminal else { return nil }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Writes all of the bytes.
  func write(_ bytes: some Sequence<UInt8>) throws(WriteError) {
    try write(contentsOf: Array(bytes))
  }

  /// Writes the text as UTF-8.
  func write(_ text: String) throws(WriteError) {
    try write(contentsOf: Array(text.utf8))
  }

  /// Writes talk that nobody depends on: a failure is not told, because there is nowhere to tell it.
  func talk(_ text: String) {
    do { try write(text) } catch {}
  }

  private func write(contentsOf bytes: [UInt8]) throws(WriteError) {
    var start = 0
    while start < bytes.count {
      let written = bytes[start...].withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
      if written >= 0 {
        start += written
      } else {
        let number = errno
        switch number {
        case EINTR: continue
        case EAGAIN: waitUntilWritable()
        case EPIPE: throw .closed
        default: throw .system(number)
        }
      }
    }
  }

  /// Somebody who shares the terminal may have made it non-blocking.
  private func waitUntilWritable() {
    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    _ = systemPoll(&poll, 1, -1)
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}

// The names would be taken for the methods otherwise.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

private func systemPoll(_ descriptors: UnsafeMutablePointer<pollfd>, _ count: Int, _ timeout: Int32) -> Int32 {
  poll(descriptors, nfds_t(count), timeout)
}
