#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What a project brings that would count if it were trusted: its configuration, its agents, and the files of the project
/// that its MCP servers run.
public struct ProjectContents: Hashable, Sendable {
  /// One file.
  public struct File: Hashable, Sendable {
    /// From the project's folder.
    public let path: String
    /// SHA-256 of its bytes, in hexadecimal digits.
    public let hash: String
    /// Its bytes; the very ones that were hashed.
    public let bytes: [UInt8]
  }

  /// The files, sorted by path.
  public private(set) var files: [File] = []
  /// Why the project cannot be trusted as it is: links that lead out of it, files of other users, what is too large.
  public private(set) var problems: [String] = []

  /// The configuration file, from the project's folder.
  public static let configFile = ".agentscript/config.lua"
  /// The folders of agents, all that is in them included.
  public static let folders = [".agentscript/agents", ".claude/agents", ".opencode/agent", ".opencode/agents"]

  private static let mostFiles = 2000
  private static let mostBytes = 16 << 20
  private static let deepest = 16

  private let root: String
  private let realRoot: String
  private var bytes = 0
  private var folders = 0

  /// Looks at a project's folder. `also` names further files, from that folder.
  public init(of project: String, also: [String] = []) {
    root = project == "/" ? "" : project
    realRoot = ProjectPaths.resolved(project) ?? project
    file(ProjectContents.configFile)
    for folder in ProjectContents.folders { self.folder(folder, 0) }
    for path in Set(also).sorted() where !files.contains(where: { $0.path == path }) { file(path) }
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// Whether there is anything to trust, without looking into it.
  static func isThere(in project: String) -> Bool {
    ([configFile] + folders).contains { name in
      var info = stat()
      return lstat((project == "/" ? "" : project) + "/" + name, &info) == 0
    }
  }

  /// One hash of all of it: the same paths with the same bytes, wherever the project is.
  public var hash: String {
    var hash = SHA256()
    hash.update(Array("agentscript trust 1\n".utf8))
    for file in files {
      hash.update(Array("\(file.hash) \(file.bytes.count) \(file.path.utf8.count) \(file.path)\n".utf8))
    }
    return hash.text()
  }

  /// The bytes of all files, by their absolute paths.
  func byPath(in project: String) -> [String: [UInt8]] {
    Dictionary(files.map { (ProjectPaths.absolute($0.path, in: project), $0.bytes) }) { first, _ in first }
  }

  /// The bytes of a file, if it is among them.
  public func bytes(of path: String) -> [UInt8]? { files.first { $0.path == path }?.bytes }

  // MARK: Looking

  private mutating func refuse(_ path: String, _ why: String) {
    if problems.count < 20 { problems.append("\(path) \(why)") }
  }

  private mutating func folder(_ path: String, _ depth: Int) {
    guard let info = information(path) else { return }
    guard info.st_mode & S_IFMT == S_IFDIR else { return add(path, info) }
    guard depth < ProjectContents.deepest else { return refuse(path, "lies too deep") }
    // Links may lead to the same folder in very many ways.
    folders += 1
    guard folders <= ProjectContents.mostFiles else { return refuse(path, "is one folder too many") }
    guard let handle = opendir(root + "/" + path) else {
      return refuse(path, "cannot be read: \(SystemWords.of(errno))")
    }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    closedir(handle)
    for name in names.sorted() where problems.count < 20 { folder(path + "/" + name, depth + 1) }
  }

  private mutating func file(_ path: String) {
    guard let info = information(path) else { return }
    add(path, info)
  }

  /// What is at a path, behind links within the project; nil for nothing, and for what is refused.
  private mutating func information(_ path: String) -> stat? {
    var info = stat()
    let whole = root + "/" + path
    guard lstat(whole, &info) == 0 else {
      if errno != ENOENT && errno != ENOTDIR { refuse(path, "cannot be looked at: \(SystemWords.of(errno))") }
      return nil
    }
    guard let real = ProjectPaths.resolved(whole) else {
      refuse(path, "is a link to nothing")
      return nil
    }
    guard real.hasPrefix(realRoot == "/" ? "/" : realRoot + "/") else {
      refuse(path, "is a link that leads out of the project")
      return nil
    }
    guard info.st_uid == geteuid(), stat(whole, &info) == 0, info.st_uid == geteuid() else {
      refuse(path, "belongs to another user")
      return nil
    }
    return info
  }

  private mutating func add(_ path: String, _ info: stat) {
    guard info.st_mode & S_IFMT == S_IFREG else { return refuse(path, "is neither a file nor a folder") }
    guard files.count < ProjectContents.mostFiles else {
      return refuse(path, "is one file too many: \(ProjectContents.mostFiles) are looked at")
    }
    let descriptor = open(root + "/" + path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return refuse(path, "cannot be read: \(SystemWords.of(errno))") }
    defer { close(descriptor) }
    var now = stat()
    // Somebody may have put another file there since.
    guard fstat(descriptor, &now) == 0, now.st_ino == info.st_ino, now.st_dev == info.st_dev, now.st_uid == geteuid()
    else { return refuse(path, "changes while it is looked at") }
    guard let contents = ConfigFile.contents(of: descriptor, most: ProjectContents.mostBytes - bytes) else {
      return refuse(path, "is too large: \(ProjectContents.mostBytes >> 20) MiB are looked at in all")
    }
    bytes += contents.count
    files.append(File(path: path, hash: SHA256.text(contents), bytes: contents))
  }
}
