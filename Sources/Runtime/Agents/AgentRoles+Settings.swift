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
    return load(places, configured: settings.roles)
  }
}
