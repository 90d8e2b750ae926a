internal import FoundationEssentials

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A folder of this process alone, for state that nobody is to keep.
struct ScratchFolder {
  let path: String

  /// Makes it, below `$TMPDIR` or `/tmp`.
  init() throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var name = Array("\(parent)/agentscript-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else {
      throw CommandFailure(
        message: "no folder could be made in \(parent): \(String(cString: strerror(errno)))", status: .failed)
    }
    path = name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  /// Takes it away with all that is in it.
  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
