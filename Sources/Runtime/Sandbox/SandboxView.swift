/// What of the file system a job sees, as a tree: for each entry its access, which holds for all below it down to the next
/// entry. Pure; all paths are without symbolic links.
struct SandboxView: Sendable, Hashable {
  /// What can be done with a part of the tree.
  enum Access: Sendable, Hashable {
    /// It looks empty, or is not there.
    case hidden
    /// It can be read and executed.
    case readable
    /// It can be read, executed and changed.
    case writable
    /// An empty folder of the job's own.
    case temporary
    /// The job's own view of `/proc`.
    case processes
    /// The harmless devices of `/dev`.
    case devices
    /// A symbolic link with that text.
    case link(to: String)
  }

  /// One part of the tree.
  struct Entry: Sendable, Hashable {
    var access: Access
    /// A folder, or something else.
    var isFolder: Bool
  }

  /// The entries by path. There always is one for `/`.
  private(set) var entries: [AbsolutePath: Entry]

  /// A tree with that access everywhere.
  init(root: Access) { entries = [.root: Entry(access: root, isFolder: true)] }

  /// Sets the access of a path and of what is below it, but for the entries that are there.
  mutating func set(_ path: AbsolutePath, _ access: Access, isFolder: Bool = true) {
    entries[path] = Entry(access: access, isFolder: isFolder)
  }

  /// Removes an entry, so that the one above decides.
  mutating func remove(_ path: AbsolutePath) { if path != .root { entries[path] = nil } }

  /// The access of a path: that of the nearest entry above it, or its own.
  func access(to path: AbsolutePath) -> Access { entries[enclosingEntry(of: path)]?.access ?? .hidden }

  /// The path of the nearest entry above a path, or the path itself.
  func enclosingEntry(of path: AbsolutePath) -> AbsolutePath {
    var current = path
    while current != .root, entries[current] == nil { current = current.parent }
    return current
  }

  /// The entries, each before those below it.
  var ordered: [(path: AbsolutePath, entry: Entry)] {
    entries.map { (path: $0.key, entry: $0.value) }.sorted { $0.path < $1.path }
  }

  /// Turns the folders between a writable entry and each entry below it into entries of their own, because a job could
  /// otherwise rename such a folder, together with what it holds, and make a new one in its place.
  mutating func pinFolders() {
    for path in Array(entries.keys) where path != .root {
      var folder = path.parent
      guard access(to: folder) == .writable else { continue }
      while entries[folder] == nil {
        set(folder, .writable)
        folder = folder.parent
      }
    }
  }

  /// Removes the masks over what cannot be seen anyway.
  mutating func dropIdleMasks() {
    for (path, entry) in ordered.reversed() where path != .root && entry.access == .hidden {
      switch access(to: path.parent) {
      case .readable, .writable: break
      default: entries[path] = nil
      }
    }
  }
}
