import Agents
import Configuration
import Jobs

/// The agents that count in this folder, and what is wrong with the files of others.
struct AgentCatalog {
  let roles: AgentRoles
  let problems: [RoleProblem]
  /// What the configuration has to say, as that the project is not trusted.
  let notes: [String]

  /// Reads the configuration and the files of roles. Starts nothing and asks nobody.
  static func load() throws -> AgentCatalog {
    let here = SettingsPlaces.ofThisProcess()
    let settings: Settings
    do throws(SettingsError) {
      settings = try Settings.load(here)
    } catch {
      throw CommandFailure(error)
    }
    let places = RolePlaces(
      projectFolder: settings.project, isProjectTrusted: settings.projectIsTrusted, environment: here.environment)
    let (roles, problems) = AgentRoles.load(places, configured: settings.roles.map(AgentRole.init(configured:)))
    return AgentCatalog(roles: roles, problems: problems, notes: settings.notes)
  }

  /// The role of a name. Throws a failure that names those that are near.
  func role(_ name: String) throws(CommandFailure) -> AgentRole {
    if let role = roles[name] { return role }
    let near = NearMiss.best(for: name, among: roles.names).map { "; did you mean '\($0)'?" }
    let known = "; there are " + roles.names.joined(separator: ", ")
    throw .failed(TerminalText.line("there is no agent '\(name)'\(near ?? known)"))
  }

  /// Tells the problems on standard error.
  func tellProblems() {
    let lines = notes + problems.map { $0.kind == .error ? "left aside: \($0)" : "\($0)" }
    StandardStream.error.talk(lines.map { TerminalText.line("agentscript: \($0)") + "\n" }.joined())
  }
}

extension AgentRole {
  /// A role as the configuration has it.
  fileprivate init(configured settings: RoleSettings) {
    self.init(
      name: settings.name, description: settings.description ?? "", system: settings.system ?? "",
      source: .configuration)
    model = settings.model
    tier = settings.tier
    fallbacks = settings.fallbacks
    tools = settings.tools
    disallowedTools = settings.disallowedTools
    workdir = settings.workdir
    memory = settings.memory
    maxTurns = settings.maxTurns
    permissionMode = settings.permissionMode
    isSelectable = settings.description != nil
  }
}
