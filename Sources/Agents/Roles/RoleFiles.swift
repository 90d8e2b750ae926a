#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The files of a folder of roles, found and read with bounds: 500 files, 8 levels, 256 KiB each.
struct RoleFiles {
  struct File: Hashable {
    var path: String
    /// The path below the folder, without `.md`.
    var name: String
  }

  static let maxFiles = 500
  static let maxDepth = 8
  static let maxBytes = 256 << 10

  let folder: RolePlaces.Folder
  private(set) var files: [File] = []
  private(set) var problems: [RoleProblem] = []
  /// The project's own path, without links.
  private let root: String?
  private let trusted: [String: [UInt8]]

  /// `trusted` holds the contents of a project's files: what lies on the disk by now is not read.
  init(_ folder: RolePlaces.Folder, trusted: [String: [UInt8]]?) {
    self.folder = folder
    self.trusted = trusted ?? [:]
    root = folder.project.flatMap(RoleFiles.realPath)
    list(folder.path, below: "", depth: 0)
    files.sort { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
  }

  private mutating func problem(_ path: String, _ sentence: String) {
    problems.append(RoleProblem(.error, path: path, sentence))
  }

  private mutating func list(_ path: String, below: String, depth: Int) {
    guard isInside(path) else {
      if access(path, F_OK) == 0 { problem(path, "this leads out of the project, and is left aside") }
      return
    }
    guard let stream = opendir(path) else {
      if errno != ENOENT, errno != ENOTDIR { problem(path, "this folder cannot be read: \(RoleFiles.systemMessage)") }
      return
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    for name in names.sorted() {
      let full = path + "/" + name
      if name.hasSuffix(".md") {
        guard files.count < RoleFiles.maxFiles else {
          problem(folder.path, "only the first \(RoleFiles.maxFiles) files are read")
          return
        }
        files.append(File(path: full, name: below + name.dropLast(3)))
      } else if RoleFiles.isFolder(full) {
        guard depth < RoleFiles.maxDepth else { continue }
        list(full, below: below + name + "/", depth: depth + 1)
      }
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static let tooLarge = "this file has more than \(maxBytes >> 10) KiB, and is left aside"
  private static let noText = "this is no file with a text"
  private static var systemMessage: String { String(cString: strerror(errno)) }

  /// Whether a path stays in the project, links followed; true where there is none to stay in.
  private func isInside(_ path: String) -> Bool {
    guard folder.project != nil else { return true }
    guard let root, let real = RoleFiles.realPath(path) else { return false }
    return real == root || real.hasPrefix(root == "/" ? root : root + "/")
  }

  /// The text of a file, or why there is none.
  func text(_ path: String) -> Result<String, RoleProblem> {
    func failure(_ sentence: String) -> Result<String, RoleProblem> {
      .failure(RoleProblem(.error, path: path, sentence))
    }
    guard access(path, F_OK) == 0 else { return failure("this file cannot be read: \(RoleFiles.systemMessage)") }
    guard isInside(path) else { return failure("this leads out of the project, and is left aside") }
    if folder.project != nil {
      guard let bytes = trusted[path] else {
        return failure("this file is not among those that are trusted, and is left aside (see 'agentscript trust')")
      }
      guard bytes.count <= RoleFiles.maxBytes else { return failure(RoleFiles.tooLarge) }
      return RoleFiles.text(of: bytes).map { .success($0) } ?? failure(RoleFiles.noText)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return failure("this file cannot be read: \(RoleFiles.systemMessage)") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return failure(RoleFiles.noText)
    }
    // Root's count too: some systems keep users' files as links into a store of its own.
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      return failure("this file belongs to another user, and is left aside")
    }
    guard status.st_mode & 0o002 == 0 else {
      return failure("anybody may write this file, and it is left aside: chmod o-w repairs that")
    }
    guard status.st_size <= RoleFiles.maxBytes else { return failure(RoleFiles.tooLarge) }
    guard let bytes = RoleFiles.contents(of: descriptor) else {
      return failure("this file cannot be read: \(RoleFiles.systemMessage)")
    }
    return RoleFiles.text(of: bytes).map { .success($0) } ?? failure(RoleFiles.noText)
  }

  private static func text(of bytes: [UInt8]) -> String? {
    bytes.contains(0) ? nil : String(decoding: bytes, as: UTF8.self)
  }

  private static func contents(of descriptor: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count <= maxBytes {
      let count = read(descriptor, &piece, piece.count)
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        return nil
      }
      bytes += piece.prefix(count)
    }
    return Array(bytes.prefix(maxBytes))
  }
}
