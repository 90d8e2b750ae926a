#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A folder for one job's temporary files, gone with the object and all that is in it.
final class SandboxTemporaryFolder: Sendable {
  /// Where it is.
  let path: AbsolutePath

  /// Makes a folder that only this user may enter.
  init() throws(SandboxFailure) {
    var template = Array("/tmp/agentscript-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else {
      let number = errno
      throw SandboxFailure(
        .system(number), "the job's folder for temporary files cannot be made: \(SystemMessage.text(number))")
    }
    path = AbsolutePath(String(cString: made))
  }

  deinit { SandboxTemporaryFolder.remove(path.text, in: AT_FDCWD, depth: 0) }

  /// Removes a file, or a folder with what is in it. Follows no links, and gives up below a depth that only malice reaches.
  private static func remove(_ name: String, in folder: Int32, depth: Int) {
    if unlinkat(folder, name, 0) == 0 || depth > 256 { return }
    // A job may have taken its own rights away.
    fchmodat(folder, name, 0o700, 0)
    let descriptor = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    guard let stream = fdopendir(descriptor) else {
      close(descriptor)
      return
    }
    while let entry = readdir(stream) {
      withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { bytes in
          let child = String(cString: bytes)
          if child != ".", child != ".." { remove(child, in: dirfd(stream), depth: depth + 1) }
        }
      }
    }
    closedir(stream)
    unlinkat(folder, name, AT_REMOVEDIR)
  }
}
