internal import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A policy with its paths found in the file system: what the job sees, whichever means confines it.
struct ResolvedSandbox: Sendable, Hashable {
  /// The files.
  private(set) var view: SandboxView
  /// The job's working directory, without symbolic links.
  let workingDirectory: AbsolutePath
  /// What is not there and must not be made, although the folder that it would be in can be written.
  private(set) var forbidden: [AbsolutePath] = []
  /// Whether the machine's network can be used.
  let net: Bool
  /// The sockets that were listed.
  private(set) var sockets: [AbsolutePath] = []

  /// Resolves a policy. Fails for a listed path that is not there or cannot be confined, and names it.
  init(_ policy: SandboxPolicy, in surroundings: SandboxSurroundings) throws(SandboxFailure) {
    switch SandboxFile.real(surroundings.workingDirectory) {
    case .success(let folder): workingDirectory = folder
    case .failure:
      throw SandboxFailure(.policy, ProgramSearch.diagnosis(ofFolder: surroundings.workingDirectory))
    }
    net = policy.net
    view = SandboxView(root: policy.read == nil ? .readable : .hidden)
    if policy.read != nil { showSystem() }
    for path in SandboxMasks.temporary { setFolder(AbsolutePath(path), .temporary) }
    view.set(AbsolutePath("/proc"), .processes)
    view.set(AbsolutePath("/dev"), .devices)
    let masks = hide(surroundings)
    let homes = surroundings.homes.map { (try? SandboxFile.real($0).get()) ?? AbsolutePath($0) }
    for path in policy.read ?? [] { try list(path, "read", .readable, surroundings.homes) }
    var writable: [AbsolutePath] = []
    for path in policy.write {
      let real = try list(path, "write", .writable, surroundings.homes)
      if let home = homes.first(where: { $0.isInside(real) }) { throw Self.holdsHome(path, real, home) }
      writable.append(real)
    }
    if policy.read == nil, view.access(to: workingDirectory) == .temporary { view.set(workingDirectory, .readable) }
    try protect(writable, surroundings)
    forbidden += masks.filter { view.entries[$0] == nil && view.access(to: $0.parent) == .writable }
    for path in forbidden { view.set(path, .readable) }
    view.pinFolders()
    view.dropIdleMasks()
  }

  /// Leaves out what nobody can make, so that nothing needs to stand for it.
  mutating func forget(_ path: AbsolutePath) { view.remove(path) }

  /// Whether an environment names a folder for temporary files that the job may write to.
  func hasTemporary(_ environment: [[UInt8]]) -> Bool {
    guard let folder = SandboxEnvironment.value(of: "TMPDIR", in: environment), folder.hasPrefix("/"),
      case .success(let real) = SandboxFile.real(folder)
    else { return false }
    return view.access(to: real) == .writable
  }

  /// Whether the job can read and execute what lies at a path of this machine.
  func canRead(_ path: String) -> Bool {
    guard case .success(let real) = SandboxFile.real(path) else { return false }
    let access = view.access(to: real)
    return access == .readable || access == .writable
  }
}

// MARK: - What every sandbox has

extension ResolvedSandbox {
  /// Shows the folders that programs need to start, and their names where these are links.
  private mutating func showSystem() {
    for path in SandboxMasks.system.map({ AbsolutePath($0) }) {
      switch SandboxFile.kind(of: path) {
      case .folder: view.set(path, .readable)
      case .link:
        if let target = SandboxFile.target(of: path) { view.set(path, .link(to: target)) }
        if case .success(let real) = SandboxFile.real(path.text) { view.set(real, .readable) }
      default: break
      }
    }
    // Often a link into /run.
    if net, case .success(let file) = SandboxFile.real("/etc/resolv.conf") {
      view.set(file, .readable, isFolder: false)
    }
  }

  private mutating func setFolder(_ path: AbsolutePath, _ access: SandboxView.Access) {
    if SandboxFile.kind(of: path) == .folder { view.set(path, access) }
  }

  /// Hides keys, tokens and sockets; returns those that are not there.
  private mutating func hide(_ surroundings: SandboxSurroundings) -> [AbsolutePath] {
    var candidates = SandboxMasks.sockets + surroundings.runtimeDirectories
    for home in surroundings.homes { candidates += SandboxMasks.inHome.map { home + "/" + $0 } }
    var missing: [AbsolutePath] = []
    for candidate in candidates {
      if case .success(let real) = SandboxFile.real(candidate), !SandboxPlaceholder.isOne(real) {
        view.set(real, .hidden, isFolder: SandboxFile.kind(of: real) == .folder)
      } else {
        let path = AbsolutePath(candidate)
        guard case .success(let folder) = SandboxFile.real(path.parent.text) else { continue }
        missing.append(folder.appending(path.name))
      }
    }
    return missing
  }
}

// MARK: - What was listed

extension ResolvedSandbox {
  /// Adds a listed path.
  @discardableResult
  private mutating func list(
    _ path: String, _ option: String, _ access: SandboxView.Access, _ homes: [String]
  ) throws(SandboxFailure) -> AbsolutePath {
    let shown = "sandbox: \(option): '\(Escaping.line(path))'"
    if path.isEmpty { throw SandboxFailure(.policy, "sandbox: \(option): a path is empty") }
    if path.utf8.contains(0) { throw SandboxFailure(.policy, "sandbox: \(option): a path contains a NUL byte") }
    let expanded = try expand(path, shown, homes)
    let named = AbsolutePath(expanded, from: workingDirectory)
    let real: AbsolutePath
    switch SandboxFile.real(expanded.hasPrefix("/") ? expanded : workingDirectory.text + "/" + expanded) {
    case .success(let found): real = found
    case .failure(let failure): throw Self.unreachable(shown, named, failure)
    }
    if named.isInside(workingDirectory), !real.isInside(workingDirectory) {
      // A job that may write to the folder could have made the link.
      throw SandboxFailure(
        .policy, "\(shown) leads out of the working directory, to '\(real)', by a symbolic link; list that path itself")
    }
    try check(real, shown, access)
    let kind = SandboxFile.kind(of: real)
    if kind == .socket { sockets.append(real) }
    view.set(real, access, isFolder: kind == .folder)
    if named != real, view.access(to: named.parent) == .hidden || view.access(to: named.parent) == .temporary,
      view.entries[named] == nil
    {
      view.set(named, .link(to: real.text), isFolder: false)
    }
    return real
  }

  /// The path with its `~` replaced.
  private func expand(_ path: String, _ shown: String, _ homes: [String]) throws(SandboxFailure) -> String {
    guard path.hasPrefix("~") else { return path }
    guard path == "~" || path.hasPrefix("~/") else {
      throw SandboxFailure(
        .policy, "\(shown): only '~' and '~/…' mean a home folder; for a file of that name write './~…'")
    }
    guard let home = homes.first else { throw SandboxFailure(.policy, "\(shown): this user has no home folder") }
    return home + path.dropFirst()
  }

  private func check(_ real: AbsolutePath, _ shown: String, _ access: SandboxView.Access) throws(SandboxFailure) {
    for folder in ["/dev", "/proc"] where real.isInside(AbsolutePath(folder)) {
      throw SandboxFailure(.policy, "\(shown) lies in \(folder), of which a sandbox has its own")
    }
    guard access == .writable else { return }
    if real == .root || real.isInside(AbsolutePath("/sys")) {
      throw SandboxFailure(.policy, "\(shown) cannot be made writable: list the folders that the job has to change")
    }
  }

  private static func unreachable(
    _ shown: String, _ named: AbsolutePath, _ failure: SystemCallError
  ) -> SandboxFailure {
    let place = "(\(Escaping.line(named.text)))"
    return switch failure.number {
    case ENOENT: SandboxFailure(.policy, "\(shown) is not there \(place)")
    case ENOTDIR: SandboxFailure(.policy, "\(shown) is not there: a part of its path is no folder \(place)")
    default: SandboxFailure(.policy, "\(shown) cannot be reached \(place): \(failure.message)")
    }
  }

  private static func holdsHome(_ path: String, _ real: AbsolutePath, _ home: AbsolutePath) -> SandboxFailure {
    SandboxFailure(
      .policy,
      "sandbox: write: '\(Escaping.line(path))' is '\(real)', which holds the home folder '\(home)': a job could change what "
        + "every shell obeys; list the folders that it has to change")
  }
}

// MARK: - What stays read-only in a writable folder

extension ResolvedSandbox {
  private mutating func protect(
    _ writable: [AbsolutePath], _ surroundings: SandboxSurroundings
  ) throws(SandboxFailure) {
    for folder in writable where view.entries[folder]?.isFolder == true {
      for name in SandboxMasks.protectedNames { try protect(folder.appending(name), mayBeMissing: true) }
    }
    var folder = workingDirectory
    while view.access(to: folder) == .writable {
      for name in SandboxMasks.protectedNames { try protect(folder.appending(name), mayBeMissing: false) }
      if folder == .root { break }
      folder = folder.parent
    }
    if let state = surroundings.stateDirectory {
      // One that is not there yet is where a later agentscript would look.
      let path = (try? SandboxFile.real(state).get()) ?? AbsolutePath(state)
      try protect(path, mayBeMissing: false)
    }
  }

  private mutating func protect(_ path: AbsolutePath, mayBeMissing: Bool) throws(SandboxFailure) {
    guard view.entries[path] == nil, view.access(to: path) == .writable else { return }
    if SandboxPlaceholder.isOne(path) { return forbidden.append(path) }
    guard let kind = SandboxFile.kind(of: path) else {
      if !mayBeMissing, SandboxFile.kind(of: path.parent) == .folder { forbidden.append(path) }
      return
    }
    guard kind != .link else {
      throw SandboxFailure(
        .policy,
        "sandbox: '\(path)' is a symbolic link in a folder that the job may change, and cannot be protected there")
    }
    view.set(path, .readable, isFolder: kind == .folder)
    if kind == .file, path.name == ".git" { try protectRepository(of: path) }
  }

  /// Protects the folder that a `.git` file names.
  private mutating func protectRepository(of file: AbsolutePath) throws(SandboxFailure) {
    guard let text = SandboxFile.beginning(of: file), text.hasPrefix("gitdir:") else { return }
    let line = text.dropFirst("gitdir:".count).prefix { $0 != "\n" && $0 != "\r\n" }
    let target = line.drop { $0 == " " }
    guard !target.isEmpty else { return }
    let path = AbsolutePath(String(target), from: file.parent)
    try protect((try? SandboxFile.real(path.text).get()) ?? path, mayBeMissing: true)
  }
}
