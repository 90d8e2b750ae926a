internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A path as the system takes it: bytes without a NUL.
struct SystemPath: Hashable, Sendable {
  let bytes: [UInt8]

  /// Refuses a NUL byte, which would cut the path short: EINVAL.
  init(_ bytes: [UInt8]) throws(Errno) {
    if bytes.contains(0) { throw .invalidArgument }
    self.bytes = bytes
  }

  /// For bytes that come from the system.
  init(trusted bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  /// Calls a system function with the path; -1 is its failure.
  @discardableResult
  func call(_ body: (UnsafePointer<CChar>) -> Int32) throws(Errno) -> Int32 {
    let result = withCString(body)
    if result == -1 { throw .last }
    return result
  }

  func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
    (bytes + [0]).withUnsafeBytes { body($0.assumingMemoryBound(to: CChar.self).baseAddress!) }
  }

  /// The folder that the last component is in.
  var folder: SystemPath {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return SystemPath(trusted: ".".utf8) }
    return SystemPath(trusted: slash == 0 ? bytes[...0] : bytes[..<slash])
  }

  /// What stands after the last slash.
  var name: ArraySlice<UInt8> {
    bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes[($0 + 1)...] } ?? bytes[...]
  }

  func appending(_ name: some Sequence<UInt8>) -> SystemPath {
    SystemPath(trusted: bytes + (bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]) + name)
  }

  // MARK: Calls that need no more than the path

  func makeFolder(mode: UInt32) throws(Errno) { try call { mkdir($0, mode_t(mode)) } }

  func setMode(_ mode: UInt32) throws(Errno) { try call { chmod($0, mode_t(mode)) } }

  /// Removes a file, a link or an empty folder.
  func removeEntry() throws(Errno) { try call { remove($0) } }

  func rename(to other: SystemPath) throws(Errno) {
    try call { from in other.withCString { systemRename(from, $0) } }
  }

  /// Makes this path a symbolic link whose text is `target`.
  func makeLink(to target: SystemPath) throws(Errno) {
    try call { link in target.withCString { symlink($0, link) } }
  }

  /// Whether this process may read ("r"), write ("w") and execute ("x") it.
  func checkAccess(_ letters: String) throws(Errno) {
    var mode: Int32 = F_OK
    for letter in letters.utf8 {
      switch letter {
      case UInt8(ascii: "r"): mode |= R_OK
      case UInt8(ascii: "w"): mode |= W_OK
      case UInt8(ascii: "x"): mode |= X_OK
      default: throw .invalidArgument
      }
    }
    try call { access($0, mode) }
  }

  /// The text of a symbolic link.
  func linkTarget() throws(Errno) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4097)
    let count = withCString { path in
      buffer.withUnsafeMutableBytes { readlink(path, $0.assumingMemoryBound(to: CChar.self).baseAddress!, $0.count) }
    }
    guard count >= 0 else { throw .last }
    return Array(buffer.prefix(count))
  }

  /// The absolute path without links, "." and "..". What it names must exist.
  func resolved() throws(Errno) -> SystemPath {
    guard let text = withCString({ realpath($0, nil) }) else { throw .last }
    defer { free(text) }
    return SystemPath(trusted: UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }
}

/// The C function, whose name the method hides.
private func systemRename(_ from: UnsafePointer<CChar>, _ to: UnsafePointer<CChar>) -> Int32 { rename(from, to) }
