import Agents
import Configuration
import Jobs
import Runtime

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
    let (roles, problems) = AgentRoles.load(settings, environment: here.environment)
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
