#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The system's words for an error number.
enum SystemText {
  /// The words as they stand in the middle of a sentence: `no such file or directory`.
  static func of(_ number: Int32) -> String {
    let text = String(cString: strerror(number))
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
