internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Removes a folder with all that is in it.
///
/// It goes from descriptor to descriptor and opens no link, so that nobody who changes the tree meanwhile can lead it
/// elsewhere. What vanishes by itself is no failure.
enum TreeRemoval {
  static func remove(_ path: SystemPath) throws(Errno) {
    let status = try FileStatus(path, followsLinks: false)
    guard status.kind == .directory else { return try path.removeEntry() }
    let folder = try OpenDescriptor(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try empty(folder.number)
    try path.call { rmdir($0) }
  }

  private static func empty(_ folder: Int32) throws(Errno) {
    for entry in try FolderEntry.all(in: folder) {
      do throws(Errno) { try remove(entry, in: folder) } catch {
        if error != .noSuchFileOrDirectory { throw error }
      }
    }
  }

  private static func remove(_ entry: FolderEntry, in folder: Int32) throws(Errno) {
    let name = SystemPath(trusted: entry.name)
    if entry.kind == .directory {
      let inner = try OpenDescriptor(entry.name, in: folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      try empty(inner.number)
      try name.call { unlinkat(folder, $0, AT_REMOVEDIR) }
    } else {
      try name.call { unlinkat(folder, $0, 0) }
    }
  }
}
