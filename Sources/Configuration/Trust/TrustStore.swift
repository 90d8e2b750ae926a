internal import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Which projects the user trusts, and as they were when.
///
/// A file in the user's state folder (0600), never in a project. It is replaced as a whole, under a lock.
public struct TrustStore: Sendable {
  /// One trusted project.
  public struct Entry: Hashable, Sendable {
    /// The hash of all that it had.
    public var hash: String
    /// The hash of each file, by its path from the project's folder.
    public var files: [String: String]
    /// The files among them that count because the configuration names them.
    public var also: [String]

    /// An entry by its parts.
    public init(hash: String, files: [String: String], also: [String]) {
      self.hash = hash
      self.files = files
      self.also = also
    }
  }

  /// The file's path.
  public let path: String

  /// The store in that file, which need not exist.
  public init(path: String) { self.path = path }

  /// The entry of a project by its path without links; nil if it is not trusted. A store that another user may have written, or
  /// that is damaged, is an error: nothing is trusted by it.
  public func entry(_ project: String) throws(SettingsError) -> Entry? { try entries()[project] }

  /// All entries.
  func entries() throws(SettingsError) -> [String: Entry] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return [:] }
      throw SettingsError(path, "cannot be read: \(SystemWords.of(errno))")
    }
    defer { close(descriptor) }
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_uid == geteuid(),
      info.st_mode & (S_IWGRP | S_IWOTH) == 0
    else { throw SettingsError(path, "is not a file that only you can write: remove it, and trust again") }
    guard let bytes = ConfigFile.contents(of: descriptor, most: 64 << 20),
      let text = try? JSONReader.read(bytes), text["version"]?.integer == 1,
      let projects = text["projects"]?.object
    else { throw SettingsError(path, "is damaged: remove it, and trust again") }
    var entries: [String: Entry] = [:]
    for member in projects.members {
      guard let hash = member.value["hash"]?.string, let files = member.value["files"]?.object else { continue }
      var hashes: [String: String] = [:]
      for file in files.members { hashes[file.key] = file.value.string }
      let also = (member.value["also"]?.array ?? []).compactMap(\.string)
      entries[member.key] = Entry(hash: hash, files: hashes, also: also)
    }
    return entries
  }

  /// Sets or, with nil, removes the entry of a project.
  public func set(_ entry: Entry?, for project: String) throws(SettingsError) {
    try makeFolder()
    let lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else { throw SettingsError(path, "cannot be locked: \(SystemWords.of(errno))") }
    defer { close(lock) }
    while flock(lock, LOCK_EX) != 0 {
      guard errno == EINTR else { throw SettingsError(path, "cannot be locked: \(SystemWords.of(errno))") }
    }
    var entries = try entries()
    entries[project] = entry
    try replace(with: TrustStore.text(entries))
  }

  private static func text(_ entries: [String: Entry]) -> String {
    var projects = JSONObject()
    for (project, entry) in entries.sorted(by: { $0.key < $1.key }) {
      let files = entry.files.sorted { $0.key < $1.key }.map {
        JSONObject.Member(key: $0.key, value: .string($0.value))
      }
      projects[project] = [
        "hash": .string(entry.hash), "files": .object(JSONObject(files)),
        "also": .array(entry.also.map { .string($0) }),
      ]
    }
    let whole: JSONValue = ["version": 1, "projects": .object(projects)]
    return whole.description + "\n"
  }

  private func makeFolder() throws(SettingsError) {
    try NewFolder.make(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
  }

  private func replace(with text: String) throws(SettingsError) {
    let temporary = "\(path).\(getpid())"
    unlink(temporary)
    try NewFile.write(text, to: temporary)
    guard rename(temporary, path) == 0 else {
      let number = errno
      unlink(temporary)
      throw SettingsError(path, "cannot be written: \(SystemWords.of(number))")
    }
  }
}
