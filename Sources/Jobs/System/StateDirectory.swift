#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The folder that holds a project's registry and its jobs' files, usually `.agentscript`.
///
/// A value that names the folder: it need not exist. `locate` finds it and `create` makes it.
public struct StateDirectory: Sendable, Hashable {
  /// The folder's absolute path.
  public let path: String

  /// A folder by its absolute path, unchecked.
  public init(path: String) { self.path = path }

  /// The database; no file API may ever open it, since closing any descriptor of it drops SQLite's locks.
  public var registryPath: String { path + "/registry.db" }

  /// The folder of the jobs' files.
  public var jobsPath: String { path + "/jobs" }

  /// The folder of the jobs' git worktrees; it is made for the first of them.
  public var worktreesPath: String { path + "/worktrees" }

  /// The kinds of files that a job may have.
  public enum JobFile: String, Sendable, CaseIterable {
    /// What the job printed, with our markers.
    case log
    /// The same, compressed after the job's end.
    case compressedLog = "log.gz"
    /// The record.
    case record = "json"
    /// The final result for people.
    case result = "md"
    /// What it changed in its worktree.
    case patch
  }

  /// The path of one of a job's files, whether it exists or not.
  public func file(_ kind: JobFile, of id: JobID) -> String { "\(jobsPath)/\(id.rawValue).\(kind.rawValue)" }

  /// Whether a registry is there.
  public var holdsRegistry: Bool {
    var info = stat()
    return lstat(registryPath, &info) == 0
  }

  /// What keeps git from all of the folder but what a project may want to share: its configuration and its agents.
  static let ignored = "*\n!/config.lua\n!/agents/\n!/agents/**/\n!/agents/**/*.md\n"

  /// Makes what is missing: the folder and `jobs` (0700 whatever the umask), and a `.gitignore` that ignores all of it but
  /// `config.lua` and the agents.
  ///
  /// Refuses a folder that another user owns or may write to, and names the remedy.
  public func create() throws(StateDirectoryError) {
    try makeFolder(path)
    try check()
    try makeFolder(jobsPath)
    try StateDirectory.check(jobsPath, mayBeLink: false)
    try ignoreInGit()
  }

  /// Throws if the folder is not one that only this user may change.
  public func check() throws(StateDirectoryError) { try StateDirectory.check(path, mayBeLink: true) }

  static func check(_ path: String, mayBeLink: Bool) throws(StateDirectoryError) {
    var info = stat()
    guard lstat(path, &info) == 0 else { throw StateDirectoryError(.missing, path, errno) }
    let user = geteuid()
    if mayBeLink, info.st_mode & S_IFMT == S_IFLNK {
      guard info.st_uid == user else { throw StateDirectoryError(.foreignOwner(owner: info.st_uid, user: user), path) }
      guard stat(path, &info) == 0 else { throw StateDirectoryError(.missing, path, errno) }
    }
    guard info.st_mode & S_IFMT == S_IFDIR else { throw StateDirectoryError(.notAFolder, path) }
    guard info.st_uid == user else { throw StateDirectoryError(.foreignOwner(owner: info.st_uid, user: user), path) }
    guard info.st_mode & (S_IWGRP | S_IWOTH) == 0 else { throw StateDirectoryError(.writableByOthers, path) }
  }

  private func makeFolder(_ path: String) throws(StateDirectoryError) {
    if mkdir(path, 0o700) == 0 {
      // mkdir takes the umask's bits off; a folder of ours must be usable by us under any of them.
      guard chmod(path, 0o700) == 0 else { throw StateDirectoryError(.cannotCreate, path, errno) }
    } else if errno != EEXIST {
      throw StateDirectoryError(.cannotCreate, path, errno)
    } else {
      var info = stat()
      // With another mode it is no placeholder any more, and whoever made it leaves it alone.
      if lstat(path, &info) == 0, StateDirectory.isPlaceholder(info), chmod(path, 0o700) != 0 {
        throw StateDirectoryError(.cannotCreate, path, errno)
      }
    }
  }

  private func ignoreInGit() throws(StateDirectoryError) {
    let file = path + "/.gitignore"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      if errno == EEXIST { return }
      throw StateDirectoryError(.cannotCreate, file, errno)
    }
    defer { close(descriptor) }
    let text = StateDirectory.ignored
    guard fchmod(descriptor, 0o600) == 0, write(descriptor, text, text.utf8.count) == text.utf8.count else {
      throw StateDirectoryError(.cannotCreate, file, errno)
    }
  }
}
