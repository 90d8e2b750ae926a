/// Reads the files of roles, folder by folder.
struct RoleLoading {
  private let places: RolePlaces
  private(set) var roles: [AgentRole] = []
  private(set) var problems: [RoleProblem] = []

  init(_ places: RolePlaces) { self.places = places }

  /// Takes the roles of these folders, the strongest first.
  mutating func take(_ folders: [RolePlaces.Folder]) {
    for folder in folders {
      let found = RoleFiles(folder, trusted: places.projectFiles)
      problems += found.problems
      var paths: [String: String] = [:]
      for file in found.files {
        guard let role = role(file, of: found) else { continue }
        let key = RoleName.key(role.name)
        if let other = paths[key] {
          let name = PlainText.quotable(role.name)
          problems.append(RoleProblem(.error, path: file.path, "the name '\(name)' is already that of \(other)"))
        } else {
          paths[key] = file.path
          roles.append(role)
        }
      }
    }
  }

  /// Tells what lies in these folders, and reads nothing of it.
  mutating func refuse(_ folders: [RolePlaces.Folder]) {
    for folder in folders {
      let count = RoleFiles(folder, trusted: nil).files.count
      guard count > 0 else { continue }
      let what = count == 1 ? "1 file of an agent is" : "\(count) files of agents are"
      problems.append(
        RoleProblem(
          .untrusted, path: folder.path, "\(what) left aside: this project is not trusted (see 'agentscript trust')"))
    }
  }

  private mutating func role(_ file: RoleFiles.File, of files: RoleFiles) -> AgentRole? {
    let text: String
    switch files.text(file.path) {
    case .success(let read): text = read
    case .failure(let problem):
      problems.append(problem)
      return nil
    }
    let isProject = files.folder.project != nil
    let parent = RolePath.normal(file.path + "/..")
    let home = places.home
    // A file in a folder below has that folder in its name only with OpenCode.
    let isNested = files.folder.form == .opencode
    let name = isNested ? file.name : file.name.split(separator: "/").last.map(String.init) ?? file.name
    var reader = RoleText(form: files.folder.form, path: file.path, isProject: isProject, fileName: name) { reference in
      guard let path = RolePath.absolute(reference, base: parent, home: home) else {
        return .failure(RoleProblem(.error, path: file.path, "the file of 'prompt' has no path here"))
      }
      return files.text(path)
    }
    var role = reader.role(text)
    problems += reader.problems
    if var read = role {
      place(&read, of: files.folder)
      role = read
    }
    return role
  }

  /// Makes the role's paths absolute, and keeps those of a project within it.
  private mutating func place(_ role: inout AgentRole, of folder: RolePlaces.Folder) {
    let base = folder.project ?? places.projectFolder
    if folder.form == .claude { role.memory = claudeMemory(role) }
    role.workdir = placed(role.workdir, "workdir", base: base, role, folder)
    role.memory = placed(role.memory, "memory", base: base, role, folder)
    role.memoryRoot = role.memory == nil ? nil : folder.project
  }

  private mutating func placed(
    _ path: String?, _ key: String, base: String?, _ role: AgentRole, _ folder: RolePlaces.Folder
  ) -> String? {
    guard let path else { return nil }
    guard let absolute = RolePath.absolute(path, base: base, home: places.home) else {
      problems.append(
        RoleProblem(.note, path: role.source.path, "'\(key)' is relative, and there is no project: it is left out"))
      return nil
    }
    if let project = folder.project, !isWithin(absolute, project) {
      problems.append(RoleProblem(.note, path: role.source.path, "'\(key)' leads out of the project, and is left out"))
      return nil
    }
    return absolute
  }

  /// Links are followed as far as the path exists.
  private func isWithin(_ path: String, _ project: String) -> Bool {
    guard RolePath.isInside(path, RolePath.normal(project)), let root = RoleFiles.realPath(project) else {
      return false
    }
    var existing = path
    while existing != "/" {
      if let real = RoleFiles.realPath(existing) { return RolePath.isInside(real, root) }
      existing = RolePath.normal(existing + "/..")
    }
    return false
  }

  /// Claude Code has three places for its agents' memories.
  private func claudeMemory(_ role: AgentRole) -> String? {
    let name = RoleName.key(role.name).filter { $0 != "/" }
    switch role.memory {
    case "user": return "~/.claude/agent-memory/\(name)/MEMORY.md"
    case "project": return ".claude/agent-memory/\(name)/MEMORY.md"
    case "local": return ".claude/agent-memory-local/\(name)/MEMORY.md"
    default: return nil
    }
  }
}
