public import Agents
public import Configuration

extension AgentRoles {
  /// The agents that count with these settings: those of the project where it is trusted, of the configuration, of the user, and
  /// the built-in ones. Reads files, and starts nothing.
  public static func load(
    _ settings: Settings, environment: [String: String]
  ) -> (roles: AgentRoles, problems: [RoleProblem]) {
    let places = RolePlaces(
      projectFolder: settings.project, projectFiles: settings.projectFiles, environment: environment)
    return load(
      places,
      configured: settings.roles.map { AgentRole($0, project: settings.project, configurations: places.configurations) }
    )
  }
}

extension AgentRole {
  /// A role that stands in a configuration. Relative paths of a project's are from the project's folder, those of the user's from
  /// the folder of his configuration.
  fileprivate init(_ settings: RoleSettings, project: String?, configurations: String?) {
    self.init(
      name: settings.name, description: settings.description ?? "", system: settings.system ?? "",
      source: .configuration)
    model = settings.model
    tier = settings.tier
    fallbacks = settings.fallbacks
    tools = settings.tools
    disallowedTools = settings.disallowedTools
    workdir = settings.workdir
    maxTurns = settings.maxTurns
    permissionMode = settings.permissionMode
    isSelectable = settings.description != nil
    memory = settings.memory.map { path in
      if path.hasPrefix("/") { return path }
      let base = settings.isOfProject ? project : configurations.map { $0 + "/agentscript" }
      return base.map { "\($0)/\(path)" } ?? path
    }
    memoryRoot = settings.isOfProject ? project : nil
  }
}
