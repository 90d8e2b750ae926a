#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Which files tools may touch: those below a folder, and for reading those below some more.
///
/// A path is first resolved, links and all, and has to lie below one of the folders; then it is opened step by step from that
/// folder, and no step follows a link. Who swaps a link in between gets an error, and nothing else.
struct FileScope: Sendable {
  /// The folder that relative paths start from, without links.
  let folder: String
  /// All folders that may be read, the first one also written.
  let roots: [String]
  /// Paths that do not exist for tools, without links.
  let hidden: [String]

  /// Folders that do not exist are left out, but not the first: that one has nothing in it.
  init(folder: String, readable: [String], hidden: [String]) {
    self.folder = FileScope.canonical(folder) ?? folder
    roots = [self.folder] + readable.compactMap(FileScope.canonical)
    self.hidden = hidden.map { FileScope.canonical($0) ?? $0 }
  }

  /// Why a path cannot be used, as one sentence for the model.
  struct Refusal: Error, Hashable, Sendable {
    let sentence: String
    init(_ sentence: String) { self.sentence = sentence }
  }

  /// A path that tools may touch.
  struct Place: Hashable, Sendable {
    /// The folder among the roots that it lies below.
    let root: String
    /// The names from there; none for the root itself.
    let names: [String]
    /// Whether it lies below the folder that may be written.
    let isWritable: Bool

    var path: String { names.isEmpty ? root : (root == "/" ? "" : root) + "/" + names.joined(separator: "/") }
    /// As models and permissions see it: below the first folder relative to it, else absolute.
    var shown: String { isWritable ? (names.isEmpty ? "." : names.joined(separator: "/")) : path }
    /// Git's own files and ours are not for tools to write.
    var isProtected: Bool { names.contains { FileScope.isNamed($0, ".git") } }
  }

  /// The place that a model's path means. Its last parts need not exist where `mayBeNew`.
  func place(_ text: String, mayBeNew: Bool = false) throws(Refusal) -> Place {
    guard !text.isEmpty, text.utf8.count <= 4096, !text.utf8.contains(0) else {
      throw Refusal("the path is empty or none")
    }
    if text.hasPrefix("~") { throw Refusal("'\(text)': a path begins in the folder or with '/', not with '~'") }
    let absolute = text.hasPrefix("/") ? text : folder + "/" + text
    var existing = absolute
    var rest: [String] = []
    var real = FileScope.canonical(existing)
    while real == nil, mayBeNew {
      guard errno == ENOENT, let slash = existing.utf8.lastIndex(of: UInt8(ascii: "/")), slash > existing.startIndex
      else { break }
      let name = String(existing[existing.index(after: slash)...])
      existing = String(existing[..<slash])
      if name.isEmpty || name == "." { continue }
      guard name != ".." else { throw Refusal("'\(text)' goes up out of a folder that does not exist") }
      // A link that leads nowhere: what is written to it would be made somewhere else.
      guard !FileScope.isLink(existing + "/" + name) else { throw Refusal("'\(text)' is a link that leads nowhere") }
      rest.insert(name, at: 0)
      real = FileScope.canonical(existing)
    }
    guard let real else { throw Refusal(FileScope.sentence(errno, text)) }
    return try place(real: real, rest: rest, text)
  }

  private func place(real: String, rest: [String], _ text: String) throws(Refusal) -> Place {
    let names = real.split(separator: "/").map(String.init) + rest
    for (number, root) in roots.enumerated() {
      let base = root.split(separator: "/").map(String.init)
      guard names.starts(with: base) else { continue }
      let place = Place(root: root, names: Array(names.dropFirst(base.count)), isWritable: number == 0)
      guard !isHidden(place) else { throw Refusal("'\(text)' belongs to agentscript, and is not for tools") }
      return place
    }
    throw Refusal("'\(text)' lies outside of the folder \(folder), where the tools work")
  }

  /// Whether a place does not exist for tools.
  func isHidden(_ place: Place) -> Bool {
    if place.names.contains(where: { FileScope.isNamed($0, ".agentscript") }) { return true }
    let path = place.path
    return hidden.contains { path == $0 || path.hasPrefix($0 + "/") }
  }

  /// As models and permissions see a path, whether it may be touched or not.
  func shown(_ text: String) -> String {
    do throws(Refusal) { return try place(text, mayBeNew: true).shown } catch { return text }
  }

  // MARK: Names

  /// Some file systems take no notice of capitals.
  static func isNamed(_ name: String, _ other: String) -> Bool {
    name.utf8.count == other.utf8.count
      && zip(name.utf8, other.utf8).allSatisfy { ($0 | 0x20) == ($1 | 0x20) }
  }

  /// The path without links, if it exists.
  static func canonical(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  private static func isLink(_ path: String) -> Bool {
    var facts = stat()
    return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFLNK
  }

  /// What an error of the system means for a path.
  static func sentence(_ code: Int32, _ path: String) -> String {
    switch code {
    case ENOENT: "there is no '\(path)'"
    case ENOTDIR: "a part of '\(path)' is no folder"
    case EISDIR: "'\(path)' is a folder"
    case EACCES, EPERM: "'\(path)' may not be opened"
    case ELOOP: "'\(path)' has become a link while it was opened"
    default: "'\(path)': \(String(cString: strerror(code)))"
    }
  }
}
