import Agents
import Testing

@Suite struct RoleSelectorTests {
  private func role(_ name: String, _ description: String, tools: [String]? = nil) -> AgentRole {
    var role = AgentRole(name: name, description: description, system: "x", source: .configuration)
    role.tools = tools
    return role
  }

  @Test(arguments: [
    ("Find all authentication implementations in this codebase", "Explore"),
    ("Search the code for usages of TaskSpec and explain how they work", "Explore"),
    ("Which modules did this release touch?", "Explore"), ("Explore the folder Sources", "Explore"),
    ("Run the test suite and report failures", "Bash"), ("Run npm run build and report any errors", "Bash"),
    ("Execute the install script and show the logs", "Bash"),
    ("Plan the migration of the registry to a new schema", "Plan"),
    ("Write an implementation plan for the new gateway", "Plan"),
    ("Design the architecture of a plugin system, with its trade-offs and risks", "Plan"),
    ("Fix the bug in the parser", "General"), ("Find the bug in the parser and fix it", "General"),
    ("Search the code for TODO comments and remove them", "General"), ("Say hello", "General"), ("", "General"),
    ("Refactor how the registry finds its files", "General"), ("Translate this poem into French", "General"),
  ]) func aPromptFindsItsRole(_ prompt: String, _ name: String) {
    let (role, why) = AgentRoles().select(for: prompt)
    #expect(role.name == name, "\(why)")
    #expect(!why.isEmpty)
  }

  private var team: AgentRoles {
    AgentRoles([
      role("security-auditor", "Reviews code for vulnerabilities: injection, secrets, authentication, unsafe input."),
      role("sql-expert", "Writes and tunes SQL queries, indexes and migrations of PostgreSQL databases."),
      role("docs-writer", "Writes documentation, README files and API references."),
      role(
        "code-reviewer",
        "Use this agent when code was written and should be reviewed. Examples: <example>user: \"Please write a function that "
          + "checks primes\" assistant: \"Now let me use the reviewer\"</example> <example>user: \"I fixed the login\" "
          + "assistant: \"Let me review the change\"</example>"),
    ])
  }

  @Test(arguments: [
    ("Review the security of the authentication endpoints", "security-auditor"),
    ("This PostgreSQL query is slow; tune its indexes", "sql-expert"),
    ("Update the README and the API documentation", "docs-writer"), ("Review my code", "code-reviewer"),
    ("Ask @sql-expert about the weather", "sql-expert"), ("Use the docs-writer agent for this", "docs-writer"),
    ("Use the Security Auditor agent", "security-auditor"), ("Bake a cake", "General"),
  ]) func rolesOfATeamAreFound(_ prompt: String, _ name: String) {
    let (role, why) = team.select(for: prompt)
    #expect(role.name == name, "\(why)")
  }

  @Test func theReasonNamesWords() {
    let why = team.select(for: "Review the security of the authentication endpoints").why
    #expect(why.hasPrefix("its description fits the prompt best: "))
    #expect(why.contains("'security'"))
    #expect(AgentRoles().select(for: "Bake a cake").why == "no agent's description fits the prompt clearly")
  }

  @Test func theOrderOfRolesDoesNotMatter() {
    let prompts = [
      "Review the login code for secrets", "Tune it", "Find the documentation of queries", "Check the code",
    ]
    let names = team.all.filter { $0.source == .configuration }
    for prompt in prompts {
      let first = AgentRoles(names).select(for: prompt)
      let second = AgentRoles(names.reversed()).select(for: prompt)
      #expect(first.role.name == second.role.name)
      #expect(first.why == second.why)
    }
  }

  @Test func rolesThatHaveToBeNamedAreNotChosen() {
    var hidden = role("cook", "Bakes cakes and bread")
    hidden.isSelectable = false
    #expect(AgentRoles([hidden]).select(for: "Bake cakes and bread").role.name == "General")
    #expect(AgentRoles([hidden]).select(for: "@cook bake").role.name == "cook")
  }

  @Test func aHugePromptIsNoTrouble() {
    let prompt = "Explore the codebase " + String(repeating: "and find files ", count: 100_000)
    #expect(AgentRoles().select(for: prompt).role.name == "Explore")
  }
}
