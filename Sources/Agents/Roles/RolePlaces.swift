/// Where files of roles are looked for.
public struct RolePlaces: Sendable, Hashable {
  /// The folder that holds the project's `.agentscript`, `.claude`, `.opencode`; nil for no project.
  public var projectFolder: String?
  /// The files of a project that count, by their absolute paths: the very bytes that the user said are trusted. Nil if none
  /// counts.
  public var projectFiles: [String: [UInt8]]?
  /// The user's home folder; nil for none, and then no file of the user's is read.
  public var home: String?
  /// The folder of the user's configurations: `$XDG_CONFIG_HOME`, else `~/.config`.
  public var configurations: String?

  /// The places of a user with this home.
  public init(
    projectFolder: String?, projectFiles: [String: [UInt8]]?, home: String?, configurations: String? = nil
  ) {
    self.projectFolder = projectFolder
    self.projectFiles = projectFiles
    self.home = home
    self.configurations = configurations ?? home.map { $0 + "/.config" }
  }

  /// The places that an environment names by `HOME` and `XDG_CONFIG_HOME`.
  public init(projectFolder: String?, projectFiles: [String: [UInt8]]?, environment: [String: String]) {
    let absolute: (String?) -> String? = { $0.flatMap { $0.hasPrefix("/") ? $0 : nil } }
    self.init(
      projectFolder: projectFolder, projectFiles: projectFiles, home: absolute(environment["HOME"]),
      configurations: absolute(environment["XDG_CONFIG_HOME"]))
  }

  /// The folders of a project, below it, that files of roles are read from: what they hold, with `{file:…}` what it names,
  /// decides what a trusted project's agents do.
  public static let projectFolders = [".agentscript/agents", ".claude/agents", ".opencode/agent", ".opencode/agents"]

  /// A folder of roles.
  struct Folder: Hashable {
    var path: String
    var form: RoleText.Form
    /// The project that it has to stay in; nil for the user's.
    var project: String?
  }

  private static func form(_ folder: String) -> RoleText.Form {
    folder.hasPrefix(".claude") ? .claude : folder.hasPrefix(".opencode") ? .opencode : .agentscript
  }

  /// The project's, the strongest first.
  var ofProject: [Folder] {
    guard let projectFolder, projectFolder != home else { return [] }
    return RolePlaces.projectFolders.map {
      Folder(path: projectFolder + "/" + $0, form: RolePlaces.form($0), project: projectFolder)
    }
  }

  /// The user's, the strongest first.
  var ofUser: [Folder] {
    var folders: [Folder] = []
    if let configurations { folders.append(Folder(path: configurations + "/agentscript/agents", form: .agentscript)) }
    if let home { folders.append(Folder(path: home + "/.claude/agents", form: .claude)) }
    if let configurations {
      for name in ["agent", "agents"] {
        folders.append(Folder(path: configurations + "/opencode/" + name, form: .opencode))
      }
    }
    return folders
  }
}
