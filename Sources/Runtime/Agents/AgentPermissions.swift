internal import Agents

/// What the calls of an agent are allowed: the configuration's rules, the role's, the task's mode.
enum AgentPermissions {
  /// The policy of one agent. `scriptTools`: functions that the script gave it, which needs nobody's leave for that.
  static func policy(
    _ role: AgentRole, mode: String?, _ settings: AgentSettings, scriptTools: [String]
  ) -> PermissionPolicy {
    var own = scriptTools.map { PermissionRule(tool: $0, .allow) }
    own += ["task", "append_memory"].map { PermissionRule(tool: $0, .allow) }
    // That a project's role gives no freedom of its own was seen to when it was read.
    let word = mode ?? role.permissionMode
    var policy = PermissionPolicy(own, mode: word.flatMap { PermissionMode(rawValue: $0) } ?? .default)
    policy.layers += settings.permissions
    // A role's file comes with a repository as often as from the user: it may forbid, and leave nothing to it alone.
    return policy.adding(role.permissions, onlyNarrows: true)
  }
}
