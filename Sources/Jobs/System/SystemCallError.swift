#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A system call that failed.
public struct SystemCallError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call, as `open`.
  public let call: String
  /// The file or folder it was about.
  public let path: String
  /// The value of `errno`.
  public let number: Int32

  /// A failure by its parts.
  public init(call: String, path: String, number: Int32) {
    self.call = call
    self.path = path
    self.number = number
  }

  /// The failure of the call that this thread just made.
  static func last(_ call: String, _ path: String) -> SystemCallError {
    SystemCallError(call: call, path: path, number: errno)
  }

  /// What the system says about the number, as `No space left on device`.
  public var message: String {
    var buffer = [CChar](repeating: 0, count: 256)
    #if os(Linux)
      // The variant that Swift sees is the XSI one: it fills the buffer.
      _ = strerror_r(number, &buffer, buffer.count)
    #else
      strerror_r(number, &buffer, buffer.count)
    #endif
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// One sentence.
  public var description: String { "\(call) failed on \(path): \(message)" }
}
