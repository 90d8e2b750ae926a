internal import Agents
internal import Configuration
internal import Jobs
internal import Models
internal import SystemPackage

/// What the configuration says to the agents of a run: its words turned into what agents are made of.
struct AgentSettings: Sendable {
  /// Why the configuration cannot be used: one sentence.
  struct Failure: Error, Sendable, CustomStringConvertible {
    let description: String
  }

  let settings: Settings
  let environment: [String: String]
  /// The folder that the run was started in.
  let folder: String
  let models: ModelSetup
  let roles: AgentRoles
  /// What people should know, as that the project's configuration is not trusted.
  let notes: [String]

  /// Reads the files of roles; the configuration was read before.
  init(
    _ settings: Settings, environment: [String: String], folder: String, isMocked: Bool
  ) throws(Failure) {
    self.settings = settings
    self.environment = environment
    self.folder = folder
    var models = settings.models
    models.mock = try AgentSettings.mock(environment) ?? (isMocked ? MockScript() : nil)
    // For who wants nothing of this machine's servers, as tests do.
    if environment[AgentSettings.localVariable] == "0" { models.locals = [] }
    let (roles, problems) = AgentRoles.load(settings, environment: environment)
    for role in roles.all { models.router.agents[role.name] = role.route }
    self.models = models
    self.roles = roles
    var notes = settings.notes + problems.filter { $0.kind == .error }.map(\.description)
    if models.mock != nil, !isMocked { notes.append("a mock answers for all models (\(AgentSettings.mockVariable))") }
    self.notes = notes
  }

  /// `0`: model servers of this machine are not looked for.
  private static let localVariable = "AGENTSCRIPT_LOCAL_MODELS"
  /// The file of a script by which a mock answers for all models.
  private static let mockVariable = "AGENTSCRIPT_MOCK"
  private static let longestMock = 4 << 20

  private static func mock(_ environment: [String: String]) throws(Failure) -> MockScript? {
    guard let path = environment[mockVariable], !path.isEmpty else { return nil }
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try FileContents.read(try SystemPath(Array(path.utf8)), from: 0, count: longestMock)
    } catch {
      throw Failure(description: "the mock's script \(path) cannot be read: \(error)")
    }
    do throws(MockScriptError) { return try MockScript(json: bytes) } catch {
      throw Failure(description: "the mock's script \(path) cannot be used: \(error)")
    }
  }

  /// Everything that the user, the project, the environment and the command line say.
  static func load(_ environment: [String: String], folder: String) throws(Failure) -> Settings {
    do throws(SettingsError) {
      return try Settings.load(SettingsPlaces(from: folder, environment: environment))
    } catch { throw Failure(description: error.description) }
  }

  /// The model for work that names neither a model nor a tier.
  var model: String? { settings.model }
  var maxTurns: Int { settings.limits.maxTurns }
  var maxTokens: Int? { settings.limits.maxTokens }
  var maxCost: Money? { settings.limits.maxCost }
  var timeLimit: Duration { settings.limits.timeout }
  var budget: BudgetLimit { settings.budget }
  /// The rules for tools, the widest layer first.
  var permissions: [PermissionPolicy.Layer] { settings.permissions }
  /// The servers of tools.
  var servers: [MCPServerSpec] { settings.servers }
  /// Whether the run waits for a person, or is parked, where nobody can be asked at once.
  var parksOnAsk: Bool { settings.onAsk == .park }
}
