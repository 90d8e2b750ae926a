import Agents
import Configuration
import Models
import Testing

/// What comes out of the user's file, the environment and options together.
@Suite struct SettingsTests {
  @Test func withoutAnyFileTheBuiltInValuesHold() throws {
    let settings = try Surroundings().load()
    #expect(settings.limits == TaskLimits(maxTurns: 50, maxTokens: nil, maxCost: nil, timeout: .seconds(1800)))
    #expect(settings.maxConcurrent == 10)
    #expect(!settings.isMaxConcurrentSet)
    #expect(settings.onAsk == .deny)
    #expect(settings.budget == BudgetLimit())
    #expect(settings.models.router.usualTier == .balanced)
    #expect(settings.models.providers.isEmpty)
    #expect(settings.notes.isEmpty)
    #expect(!settings.projectIsTrusted)
  }

  @Test func theWholeDocumentedShapeIsRead() throws {
    let world = Surroundings()
    world.environment["ANTHROPIC_API_KEY"] = "sk-one"
    world.environment["MINE_KEY"] = "sk-two"
    try world.user(
      """
      {
        providers = {
          anthropic = { key_env = "ANTHROPIC_API_KEY", base_url = "https://proxy.example/anthropic",
            limits = { requests_per_minute = 50, tokens_per_minute = 40000, concurrency = 8 }, quota = "park" },
          mine = { preset = "llamacpp", base_url = "http://127.0.0.1:8190/v1", format = "chat", key_env = "MINE_KEY",
            headers = { ["X-Team"] = "blue" } },
        },
        models = { { name = "mine/smol", tier = "fast", price = { input = 1, output = 2, cache_read = 0.5 }, window = 4096,
          tools = true, images = false, limits = { concurrency = 2 } } },
        router = { model = "mine/smol", tier = "fast", strategy = "cheapest", fallbacks = { "mine/smol" }, escalate = true,
          aliases = { mini = "mine/smol" }, kinds = { poetry = "best" },
          cool_down = { failures = 5, first = "2s", longest = 90000 } },
        prices = { ["some-model"] = { input = 1, output = 5 } },
        agents = { reviewer = { description = "Reviews.", model = "mini", tier = "fast", tools = { "read" },
          system = "You review.", workdir = "~/src", memory = "/tmp/notes.md", fallbacks = { "haiku" }, max_turns = 20 } },
        permissions = { bash = { ["git status*"] = "allow", ["*"] = "ask" }, write = "deny" },
        on_ask = "park",
        mcp = { files = { command = { "python3", "server.py" }, env = { A = "b" }, cwd = "/srv", tools = { "read_*" } } },
        limits = { max_turns = 9, max_tokens = 200000, max_cost = 1.5, timeout = "10m" },
        budget = { cost = 5, tokens = 1000000 },
        secrets = { "MY_TOKEN" },
        max_concurrent = 7,
        max_per_agent = { Explore = 4 },
      }
      """)
    let settings = try world.load()
    let anthropic = try #require(settings.models.provider("anthropic"))
    #expect(anthropic.messagesURL == "https://proxy.example/anthropic/v1/messages")
    #expect(settings.models.keys == ["anthropic": "sk-one", "mine": "sk-two"])
    #expect(
      settings.models.gates["anthropic"]?.limits
        == GateLimits(requestsPerMinute: 50, tokensPerMinute: 40000, concurrency: 8))
    #expect(settings.models.gates["anthropic"]?.quota == .park)
    #expect(settings.models.gates["mine"]?.models["smol"] == GateLimits(concurrency: 2))
    let mine = try #require(settings.models.provider("mine"))
    #expect(mine.isLocal)
    #expect(mine.extraHeaders == ["X-Team": "blue"])
    let router = settings.models.router
    let smol = try #require(router.models.first)
    #expect(smol.name == ModelName(provider: "mine", model: "smol"))
    #expect(smol.tier == .fast && smol.window == 4096 && smol.knowsTools && !smol.seesImages)
    #expect(smol.price == ModelPrice(input: 1, output: 2, cacheRead: 0.5))
    #expect(router.models.dropFirst().allSatisfy { $0.name.provider == "anthropic" } && router.models.count > 3)
    #expect(router.usualTier == .fast && router.strategy == .cheapest && router.escalates)
    #expect(router.fallbacks == ["mine/smol"] && router.aliases == ["mini": "mine/smol"])
    #expect(router.kinds == ["poetry": .best])
    #expect(
      router.coolDown.failures == 5 && router.coolDown.first == .seconds(2) && router.coolDown.longest == .seconds(90))
    #expect(router.agents["reviewer"] == AgentRoute(model: "mini", tier: .fast, fallbacks: ["haiku"]))
    #expect(settings.models.prices.price(of: "some-model", provider: anthropic) == ModelPrice(input: 1, output: 5))
    #expect(settings.model == "mine/smol")
    let role = try #require(settings.roles.first)
    #expect(role.name == "reviewer" && role.system == "You review." && role.workdir == world.home + "/src")
    #expect(role.tools == ["read"] && role.maxTurns == 20 && role.memoryRoot == nil)
    #expect(
      settings.permissions.map(\.rules) == [
        [
          PermissionRule(tool: "bash", pattern: "*", .ask),
          PermissionRule(tool: "bash", pattern: "git status*", .allow),
          PermissionRule(tool: "write", pattern: "*", .deny),
        ]
      ])
    #expect(settings.onAsk == .park)
    #expect(
      settings.servers == [
        MCPServerSpec(
          name: "files", command: ["python3", "server.py"], environment: ["A": "b"], cwd: "/srv", tools: ["read_*"])
      ])
    #expect(
      settings.limits
        == TaskLimits(maxTurns: 9, maxTokens: 200_000, maxCost: Money(dollars: 1.5), timeout: .seconds(600)))
    #expect(settings.budget == BudgetLimit(cost: Money(dollars: 5), tokens: 1_000_000))
    #expect(settings.secrets == ["MY_TOKEN"] && settings.maxConcurrent == 7 && settings.maxPerAgent == ["Explore": 4])
    #expect(settings.notes.isEmpty)
  }

  @Test(arguments: [
    (
      "{ router = { strategi = 'order' } }",
      "router.strategi is not known (it was given \"order\"); did you mean 'strategy'?"
    ),
    (
      "{ routr = {} }", "routr is not known (it was given {}); did you mean 'router'?"
    ),
    (
      "{ budget = { money = 5 } }", "budget.money is not known (it was given 5); there are cost, tokens"
    ),
    ("{ router = { tier = 'balancd' } }", "did you mean \"balanced\"?"),
    ("{ on_ask = 'allow' }", "on_ask must be \"deny\" or \"park\", not \"allow\""),
    ("{ max_concurrent = 0 }", "max_concurrent must be a whole number from 1 to 100000, not 0"),
    ("{ max_concurrent = '8' }", "max_concurrent must be a whole number from 1 to 100000, not \"8\""),
    ("{ limits = { max_cost = -1 } }", "limits.max_cost must be a number from 0 to 1000000, not -1"),
    ("{ limits = { timeout = '10 minutes' } }", "limits.timeout must be a number of milliseconds, or a text such as"),
    ("{ limits = 5 }", "limits must be a table of names, not 5"),
    ("{ models = { { tier = 'fast' } } }", "models[1] must be a table with a text called name"),
    ("{ models = { { name = 'smol' } } }", "models[1].name must be \"provider/model\", not \"smol\""),
    (
      "{ models = { { name = 'a/b', windw = 1 } } }",
      "models[1].windw is not known (it was given 1); did you mean 'window'?"
    ),
    ("{ models = { { name = 'a/b' }, { name = 'a/b' } } }", "models[2] has the same name as one before it: \"a/b\""),
    ("{ models = { { name = 'nobody/b' } } }", "models[\"nobody/b\"] names a provider that is not known: nobody"),
    ("{ providers = { mine = { quota = 'wait' } } }", "providers.mine needs a base_url, or a preset"),
    ("{ providers = { mine = { base_url = 'https://u:p@host/' } } }", "providers.mine.base_url must be a URL such as"),
    ("{ providers = { mine = { base_url = 'file:///etc/passwd' } } }", "providers.mine.base_url must be a URL such as"),
    ("{ providers = { ['a/b'] = {} } }", "providers[\"a/b\"] has a name that is not allowed here"),
    ("{ providers = { mine = { key_env = 'A=B', base_url = 'http://a' } } }", "key_env must be the name of a variable"),
    (
      "{ permissions = { bash = 'yes' } }",
      "permissions.bash[\"*\"] must be \"allow\", \"ask\" or \"deny\", not \"yes\""
    ),
    ("{ permissions = { bash = { 'git *' } } }", "permissions.bash must be \"allow\", \"ask\" or \"deny\", or a table"),
    ("{ mcp = { x = {} } }", "nothing"),
    ("{ mcp = { x = { cwd = '/' } } }", "mcp.x needs a command"),
    ("{ prices = { m = { input = 1 } } }", "prices.m needs input and output"),
    ("{ secrets = { 1 } }", "secrets[1] must be a text, not 1"),
    ("{ secrets = { 'a b' } }", "secrets[1] must be the name of a variable of the environment, not \"a b\""),
  ])
  func whatIsWrongIsNamedWithFileKeyAndRemedy(_ table: String, _ sentence: String) throws {
    let world = Surroundings()
    try world.user(table)
    let problem = world.problem()
    if sentence == "nothing" {
      #expect(problem == "nothing")
    } else {
      #expect(problem.hasPrefix("home/.config/agentscript/config.lua: "), "\(problem)")
      #expect(problem.contains(sentence), "\(problem)")
    }
  }

  @Test func allThatIsWrongIsKept() throws {
    let world = Surroundings()
    try world.user("{ a = 1, b = 2, on_ask = 3 }")
    #expect(world.problem().hasSuffix("(and 2 more: agentscript config check)"))
    #expect(throws: SettingsError.self) { try world.load() }
  }

  @Test func aFileThatEverybodyMayWriteIsNotUsed() throws {
    let world = Surroundings()
    try world.user("{}")
    try world.chmod(world.userFile, 0o666)
    #expect(world.problem().contains("may be written to by everybody"))
  }

  @Test func aFolderInTheFilesPlaceIsAnError() throws {
    let world = Surroundings()
    try world.write(world.userFile + "/x", "")
    #expect(world.problem().contains("is not a file"))
  }

  // MARK: Layers

  @Test func theEnvironmentGoesBeforeTheFileAndOptionsBeforeBoth() throws {
    let world = Surroundings()
    try world.user("{ budget = { cost = 5 }, router = { tier = 'fast' }, max_concurrent = 3, secrets = { 'A' } }")
    world.environment["AGENTSCRIPT_BUDGET"] = "2.50"
    world.environment["AGENTSCRIPT_TIER"] = "opus"
    world.environment["AGENTSCRIPT_MODEL"] = "mini"
    world.environment["AGENTSCRIPT_MAX_CONCURRENT"] = "20"
    world.environment["AGENTSCRIPT_SECRETS"] = "B,A"
    world.environment["AGENTSCRIPT_ON_ASK"] = ""
    let settings = try world.load([(["max_concurrent"], "--max-concurrency", "4")])
    #expect(settings.budget.cost == Money(dollars: 2.5))
    #expect(settings.models.router.usualTier == .best)
    #expect(settings.model == "mini")
    #expect(settings.maxConcurrent == 4 && settings.isMaxConcurrentSet)
    #expect(settings.secrets == ["A", "B"])
    let reports = settings.explain()
    func origin(_ key: String) -> String? { reports.first { $0.key == key }?.origin }
    #expect(origin("budget.cost") == "environment: AGENTSCRIPT_BUDGET")
    #expect(origin("max_concurrent") == "option: --max-concurrency")
    #expect(origin("router.strategy") == "built in")
    #expect(try world.explained("router.tier") == "\"opus\" | environment: AGENTSCRIPT_TIER")
  }

  @Test(arguments: [
    ("AGENTSCRIPT_BUDGET", "five", "AGENTSCRIPT_BUDGET: budget.cost must be a number from 0 to 1000000, not \"five\""),
    ("AGENTSCRIPT_MAX_CONCURRENT", "-1", "AGENTSCRIPT_MAX_CONCURRENT: max_concurrent must be a whole number"),
    ("AGENTSCRIPT_TIER", "besst", "did you mean \"best\"?"),
    ("ANTHROPIC_BASE_URL", "nonsense", "ANTHROPIC_BASE_URL: providers.anthropic.base_url must be a URL"),
  ])
  func aVariableThatIsWrongIsAnError(_ name: String, _ value: String, _ sentence: String) {
    let world = Surroundings()
    world.environment[name] = value
    #expect(world.problem().contains(sentence), "\(world.problem())")
  }

  @Test func xdgFoldersAreUsedIfTheyAreAbsolute() throws {
    let world = Surroundings()
    world.environment["XDG_CONFIG_HOME"] = world.root + "/elsewhere"
    try world.write(world.root + "/elsewhere/agentscript/config.lua", "return { max_concurrent = 3 }")
    #expect(try world.load().maxConcurrent == 3)
    world.environment["XDG_CONFIG_HOME"] = "elsewhere"
    #expect(try world.load().maxConcurrent == 10)
  }

  @Test func noDescriptionHoldsAKey() throws {
    let world = Surroundings()
    world.environment["ANTHROPIC_API_KEY"] = "sk-canary-0123456789"
    try world.user(
      "{ providers = { anthropic = { headers = { ['X-Auth'] = 'canary-header' } } }, mcp = { a = { command = 'x', env = { T = 'canary-env' } } } }"
    )
    let settings = try world.load()
    #expect(settings.models.keys["anthropic"] == "sk-canary-0123456789")
    let reports = settings.explain()
    #expect(!"\(reports)".contains("canary"))
    #expect(reports.contains { $0.key == "providers.anthropic.key" && $0.value == "(set)" })
    #expect(reports.contains { $0.key == "providers.anthropic.headers[\"X-Auth\"]" && $0.value == "(set)" })
  }
}
