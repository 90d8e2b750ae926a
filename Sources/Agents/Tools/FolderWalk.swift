#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Goes through the files below a place in the order of their names: what git ignores, links, and what tools may not see are left
/// out. Folders are opened by steps that follow no link.
struct FolderWalk {
  /// A file that was found.
  struct File {
    let place: FileScope.Place
    let folder: OpenFile
    let version: FileVersion
    let size: Int
  }

  /// Entries looked at, at most.
  static let mostEntries = 200_000
  private static let deepest = 64

  private let scope: FileScope
  private let maySee: (String) -> Bool
  private(set) var entries = 0
  /// True if there was more than is gone through.
  private(set) var isCut = false

  init(_ scope: FileScope, maySee: @escaping (String) -> Bool) {
    self.scope = scope
    self.maySee = maySee
  }

  /// Calls `visit` with each file until it returns false.
  mutating func run(
    _ place: FileScope.Place, visit: (File) async throws(FileScope.Refusal) -> Bool
  ) async throws(FileScope.Refusal) {
    let folder = try scope.openFolder(place)
    _ = try await walk(place, folder, rulesAbove(place), visit)
  }

  /// A folder's rules, and how many names of a path lead to it.
  private typealias Rules = [(depth: Int, rules: IgnoreRules)]

  /// Those of the folders between the root and the place.
  private func rulesAbove(_ place: FileScope.Place) -> Rules {
    var rules: Rules = []
    for depth in 0..<place.names.count {
      let above = FileScope.Place(
        root: place.root, names: Array(place.names.prefix(depth)), isWritable: place.isWritable)
      if let folder = try? scope.openFolder(above), let found = FolderWalk.rules(in: folder) {
        rules.append((depth, found))
      }
    }
    return rules
  }

  private static func rules(in folder: OpenFile) -> IgnoreRules? {
    guard let file = try? FileScope.openFile(".gitignore", in: folder, shown: ".gitignore"),
      let bytes = try? file.all(limit: 1 << 20)
    else { return nil }
    return IgnoreRules(bytes)
  }

  /// False once nothing more is wanted.
  private mutating func walk(
    _ place: FileScope.Place, _ folder: OpenFile, _ above: Rules,
    _ visit: (File) async throws(FileScope.Refusal) -> Bool
  ) async throws(FileScope.Refusal) -> Bool {
    guard place.names.count < FolderWalk.deepest else {
      isCut = true
      return true
    }
    var rules = above
    if let own = FolderWalk.rules(in: folder) { rules.append((place.names.count, own)) }
    for (name, kind) in names(in: folder) {
      entries += 1
      guard entries <= FolderWalk.mostEntries else {
        isCut = true
        return false
      }
      if entries % 200 == 0 { await Task.yield() }
      if Task.isCancelled { throw FileScope.Refusal("cancelled") }
      let next = FileScope.Place(root: place.root, names: place.names + [name], isWritable: place.isWritable)
      guard !FileScope.isNamed(name, ".git"), !scope.isHidden(next) else { continue }
      var facts = stat()
      guard kind != DT_LNK, fstatat(folder.descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      let isFolder = facts.st_mode & S_IFMT == S_IFDIR
      guard isFolder || facts.st_mode & S_IFMT == S_IFREG, !isIgnored(next, rules, isFolder) else { continue }
      guard maySee(next.shown) else { continue }
      if isFolder {
        let descriptor = openat(folder.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { continue }
        guard try await walk(next, OpenFile(descriptor), rules, visit) else { return false }
      } else {
        let file = File(place: next, folder: folder, version: FileVersion(facts), size: Int(facts.st_size))
        guard try await visit(file) else { return false }
      }
    }
    return true
  }

  private func isIgnored(_ place: FileScope.Place, _ rules: Rules, _ isFolder: Bool) -> Bool {
    for (depth, rules) in rules.reversed() {
      if let verdict = rules.verdict(Array(place.names.dropFirst(depth)), isFolder: isFolder) { return verdict }
    }
    return false
  }

  /// Names and kinds of what is in a folder, sorted.
  private func names(in folder: OpenFile) -> [(String, UInt8)] {
    // A descriptor of its own: the stream closes it.
    let descriptor = openat(folder.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    guard let stream = fdopendir(descriptor) else {
      close(descriptor)
      return []
    }
    defer { closedir(stream) }
    var names: [(String, UInt8)] = []
    while let entry = readdir(stream), names.count <= FolderWalk.mostEntries {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
          String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append((name, UInt8(truncatingIfNeeded: entry.pointee.d_type))) }
    }
    return names.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
  }
}
