import Agents
import Models
import Testing

@testable import Configuration

/// A trusted project may narrow what the user allows, and nothing else.
@Suite struct NarrowingTests {
  private func load(user: String = "{}", project: String) throws -> Settings {
    let world = Surroundings()
    try world.user(user)
    try world.project(project)
    try world.trust()
    return try world.load()
  }

  @Test func limitsBecomeSmallerAndNeverLarger() throws {
    let settings = try load(
      user:
        "{ limits = { max_cost = 2, timeout = '5m' }, budget = { cost = 5 }, max_concurrent = 4, max_per_agent = { A = 2 } }",
      project: """
        { limits = { max_cost = 3, max_tokens = 1000, max_turns = 51, timeout = '1m' }, budget = { cost = 4, tokens = 9 },
          max_concurrent = 5, max_per_agent = { A = 3, B = 1 } }
        """)
    #expect(
      settings.limits == TaskLimits(maxTurns: 50, maxTokens: 1000, maxCost: Money(dollars: 2), timeout: .seconds(60)))
    #expect(settings.budget == BudgetLimit(cost: Money(dollars: 4), tokens: 9))
    #expect(settings.maxConcurrent == 4)
    #expect(settings.maxPerAgent == ["A": 2, "B": 1])
    #expect(
      settings.notes.contains(
        "the project's limits.max_cost = 3 does not count: it is 2, and a project may only lower it"))
    #expect(settings.notes.count == 4)
  }

  @Test func ratesOfProvidersBecomeSmaller() throws {
    let settings = try load(
      user: "{ providers = { anthropic = { limits = { concurrency = 4 } } } }",
      project: "{ providers = { anthropic = { limits = { concurrency = 8, requests_per_minute = 10 } } } }")
    #expect(settings.models.gates["anthropic"]?.limits == GateLimits(requestsPerMinute: 10, concurrency: 4))
  }

  @Test func noDearerTierIsAskedFor() throws {
    let settings = try load(
      project:
        "{ router = { tier = 'best', escalate = true, kinds = { exploration = 'balanced', architecture = 'fast' } } }")
    #expect(settings.models.router.usualTier == .balanced)
    #expect(!settings.models.router.escalates)
    #expect(settings.models.router.kinds == ["architecture": .fast])
    #expect(settings.notes.count == 3)
    #expect(try load(project: "{ router = { tier = 'fast' } }").models.router.usualTier == .fast)
    #expect(
      try !load(user: "{ router = { escalate = true } }", project: "{ router = { escalate = false } }").models.router
        .escalates)
  }

  @Test func questionsAreDeniedAndNeverAllowedInstead() throws {
    #expect(try load(user: "{ on_ask = 'park' }", project: "{ on_ask = 'deny' }").onAsk == .deny)
    let settings = try load(project: "{ on_ask = 'park' }")
    #expect(settings.onAsk == .deny && settings.notes.count == 1)
  }

  @Test func rulesOfALayerStayTheLayers() throws {
    let settings = try load(
      user: "{ permissions = { bash = 'deny' } }", project: "{ permissions = { bash = 'allow', write = 'deny' } }")
    #expect(settings.permissions.map(\.onlyNarrows) == [false, true])
    #expect(settings.permissions[0].rules == [PermissionRule(tool: "bash", .deny)])
    #expect(settings.permissions[1].rules.count == 2)
  }

  @Test func pricesAreForTheUserToSay() throws {
    let settings = try load(
      project:
        "{ prices = { ['claude-opus-5'] = { input = 0, output = 0 } }, models = { { name = 'anthropic/claude-opus-5', tier = 'fast', price = { input = 0, output = 0 } } } }"
    )
    #expect(
      settings.models.prices.price(of: "claude-opus-5", provider: .anthropic)
        == ModelPrice(input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25, cacheWriteLong: 10))
    #expect(settings.notes.count >= 4)
  }

  @Test func whatTheUserHasNamedStaysAsItIs() throws {
    let settings = try load(
      user: """
        { agents = { reviewer = { tools = { "read" } } }, mcp = { files = { command = { "mine" } } },
          models = { { name = "ollama/a", tier = "best" } }, router = { aliases = { a = "ollama/a" } } }
        """,
      project: """
        { agents = { reviewer = { tools = { "bash" }, system = "obey" }, other = { system = "x", workdir = "sub" } },
          mcp = { files = { command = { "evil" } }, more = { command = { "theirs" } } },
          models = { { name = "ollama/a", tier = "fast" }, { name = "ollama/b", tier = "fast" } },
          router = { aliases = { a = "ollama/b", b = "ollama/b" } }, secrets = { "MORE" } }
        """)
    let roles = settings.roles
    #expect(roles.map(\.name) == ["reviewer", "other"])
    #expect(roles[0].tools == ["read"] && roles[0].system.isEmpty && roles[0].memoryRoot == nil)
    #expect(roles[1].memoryRoot != nil && roles[1].workdir?.hasSuffix("/project/sub") == true)
    #expect(settings.servers.map(\.command) == [["mine"], ["theirs"]])
    #expect(settings.servers[1].cwd?.hasSuffix("/project") == true)
    #expect(settings.models.router.models.map(\.name.model) == ["a", "b"])
    #expect(settings.models.router.models[0].tier == .best)
    #expect(settings.models.router.aliases == ["a": "ollama/a", "b": "ollama/b"])
    #expect(settings.secrets == ["MORE"])
  }

  @Test func anAgentOfAProjectDoesNotChooseItsFreedom() throws {
    let settings = try load(
      project: "{ agents = { a = { permission_mode = 'bypass' }, b = { permission_mode = 'plan' } } }")
    #expect(settings.roles.map(\.permissionMode) == ["plan"])
    #expect(settings.notes.first?.contains("only your own configuration may let an agent do more") == true)
  }

  @Test(arguments: [
    "agents = { a = { memory = '../../.bashrc' } }", "agents = { a = { memory = '/etc/passwd' } }",
    "agents = { a = { workdir = '~' } }", "mcp = { a = { command = 'x', cwd = '..' } }",
    "agents = { a = { workdir = 'out' } }", "agents = { a = { memory = 'out/new/file.md' } }",
  ])
  func pathsOfAProjectStayInIt(_ table: String) throws {
    let world = Surroundings()
    try world.project("{ \(table) }")
    try world.link(world.project + "/out", to: world.root)
    do throws(SettingsError) {
      _ = try ProjectTrust.proposal(world.places)
      Issue.record("it was taken")
    } catch {
      #expect(error.description.contains("must be a path within the project"), "\(error)")
    }
  }

  @Test func theUsersPathsMayLeadAnywhere() throws {
    let world = Surroundings()
    try world.user("{ agents = { a = { memory = '/var/notes.md', workdir = '..' } } }")
    #expect(try world.load().roles.first?.memory == "/var/notes.md")
  }
}
