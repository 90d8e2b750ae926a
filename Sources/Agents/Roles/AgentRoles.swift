/// All roles that count, each name once.
///
/// Of roles with one name the first of these counts: the project's `.agentscript/agents`, its `.claude/agents`, its
/// `.opencode/agent` and `agents`; the configuration; the user's `agentscript/agents`, `~/.claude/agents` and
/// `opencode/agent`; the built-in ones.
public struct AgentRoles: Sendable, Hashable {
  /// The roles, the strongest source first, those of one source by name.
  public let all: [AgentRole]
  private let places: [String: Int]

  /// These roles and the built-in ones; of those with one name the first counts.
  public init(_ roles: [AgentRole] = []) {
    var all: [AgentRole] = []
    var places: [String: Int] = [:]
    for role in roles + BuiltInRoles.all where places[RoleName.key(role.name)] == nil {
      places[RoleName.key(role.name)] = all.count
      all.append(role)
    }
    self.all = all
    self.places = places
  }

  /// Reads all roles. What is wrong with a file is told, and takes no other role away. A project's files count only if it is
  /// trusted; else nothing in them is read.
  public static func load(
    _ places: RolePlaces, configured: [AgentRole] = []
  ) -> (roles: AgentRoles, problems: [RoleProblem]) {
    var project = RoleLoading(places)
    if places.projectFiles != nil { project.take(places.ofProject) } else { project.refuse(places.ofProject) }
    var user = RoleLoading(places)
    user.take(places.ofUser)
    return (AgentRoles(project.roles + configured + user.roles), project.problems + user.problems)
  }

  /// The role of a name; capitals, and `_` or a blank for `-`, make no difference.
  public subscript(name: String) -> AgentRole? { places[RoleName.key(name)].map { all[$0] } }

  /// All names.
  public var names: [String] { all.map(\.name) }

  /// The role where no other fits.
  public var general: AgentRole {
    // There is always one: the built-in roles are among them.
    self[BuiltInRoles.generalName]!
  }
}
