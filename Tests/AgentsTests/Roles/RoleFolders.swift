import Agents

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A home and a project in a temporary folder of their own, removed with this value.
final class RoleFolders {
  let root: String
  var home: String { root + "/home" }
  var project: String { root + "/project" }

  init() {
    var template = Array("/tmp/agentscript-roles.XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
    precondition(made != nil, "no temporary folder")
    // The name without links, as the loader compares names.
    root = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    for folder in ["home", "project"] { mkdir(root + "/" + folder, 0o700) }
  }

  deinit { RoleFolders.remove(root) }

  private static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR, let stream = opendir(path) {
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { remove(path + "/" + name) }
      }
      closedir(stream)
      rmdir(path)
    } else {
      unlink(path)
    }
  }

  /// Writes a file below the root, with its folders.
  @discardableResult func write(_ path: String, _ text: String) -> String {
    let full = root + "/" + path
    var parent = root
    for part in path.split(separator: "/").dropLast() {
      parent += "/" + part
      mkdir(parent, 0o700)
    }
    let descriptor = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    precondition(descriptor >= 0, "cannot write \(full)")
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { writeBytes(descriptor, $0.baseAddress!, $0.count) }
      precondition(count > 0)
      bytes = bytes.dropFirst(count)
    }
    close(descriptor)
    return full
  }

  func read(_ path: String) -> String {
    let descriptor = open(root + "/" + path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = readBytes(descriptor, &piece, piece.count)
      guard count > 0 else { break }
      all += piece.prefix(count)
    }
    return String(decoding: all, as: UTF8.self)
  }

  /// Loads roles. `files` are those of the project that count: by default all of them, as they are now.
  func load(
    trusted: Bool = true, files: [String: [UInt8]]? = nil, configured: [AgentRole] = []
  ) -> (roles: AgentRoles, problems: [RoleProblem]) {
    AgentRoles.load(
      RolePlaces(projectFolder: project, projectFiles: trusted ? files ?? projectFiles : nil, home: home),
      configured: configured)
  }

  /// What is in the project, links followed.
  var projectFiles: [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    var folders = [project]
    while let folder = folders.popLast() {
      guard let stream = opendir(folder) else { continue }
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let path = folder + "/" + name
        var status = stat()
        if name == "." || name == ".." || stat(path, &status) != 0 { continue }
        if status.st_mode & S_IFMT == S_IFDIR { folders.append(path) }
        if status.st_mode & S_IFMT == S_IFREG { found[path] = Array(read(String(path.dropFirst(root.count + 1))).utf8) }
      }
      closedir(stream)
    }
    return found
  }
}

// The names are taken by methods above.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

private func readBytes(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, bytes, count)
}
