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
  /// `isForced`: folders whose modes forbid it are emptied too.
  static func remove(_ path: SystemPath, isForced: Bool = false) throws(Errno) {
    let status = try FileStatus(path, followsLinks: false)
    guard status.kind == .directory else { return try path.removeEntry() }
    let folder = try OpenDescriptor(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try empty(folder.number, isForced)
    try path.call { rmdir($0) }
  }

  private static func empty(_ folder: Int32, _ isForced: Bool) throws(Errno) {
    if isForced { fchmod(folder, 0o700) }
    for entry in try FolderEntry.all(in: folder) {
      do throws(Errno) { try remove(entry, in: folder, isForced) } catch {
        if error != .noSuchFileOrDirectory { throw error }
      }
    }
  }

  private static func remove(_ entry: FolderEntry, in folder: Int32, _ isForced: Bool) throws(Errno) {
    let name = SystemPath(trusted: entry.name)
    if entry.kind == .directory {
      if isForced { _ = try? name.call { fchmodat(folder, $0, 0o700, AT_SYMLINK_NOFOLLOW) } }
      let inner = try OpenDescriptor(entry.name, in: folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      try empty(inner.number, isForced)
      try name.call { unlinkat(folder, $0, AT_REMOVEDIR) }
    } else {
      try name.call { unlinkat(folder, $0, 0) }
    }
  }
}
