import Testing

@testable import Models

@Suite struct RouterTests {
  private static func model(_ name: String, _ tier: ModelTier, _ input: Double?, window: Int? = nil) -> RoutedModel {
    let pieces = name.split(separator: "/", maxSplits: 1)
    return RoutedModel(
      name: ModelName(provider: String(pieces[0]), model: String(pieces[1])), tier: tier,
      price: input.map { ModelPrice(input: $0, output: $0 * 5) }, window: window)
  }

  private static let configuration: RouterConfiguration = {
    var configuration = RouterConfiguration(models: [
      model("anthropic/haiku-x", .fast, 1), model("openai/mini", .fast, 0.2), model("groq/meta/llama", .fast, 3),
      model("anthropic/sonnet-x", .balanced, 3, window: 1000), model("openai/big", .balanced, 4),
      model("ollama/local", .balanced, 0), model("anthropic/opus-x", .best, 5),
    ])
    configuration.aliases = ["mine": "openai/big", "smart": "best"]
    configuration.agents = [
      "Explore": AgentRoute(tier: .fast), "Judge": AgentRoute(model: "opus", fallbacks: ["openai/big"]),
    ]
    return configuration
  }()

  private static let all: Set<String> = ["anthropic", "openai", "groq", "ollama"]

  private func decide(
    _ query: RouteQuery, usable: Set<String> = RouterTests.all, history: RouterHistory = RouterHistory(),
    now: Duration = .zero, _ change: (inout RouterConfiguration) -> Void = { _ in }
  ) -> RouteDecision {
    var configuration = Self.configuration
    change(&configuration)
    return Router(configuration: configuration, usable: usable).decide(query, history: history, now: now)
  }

  @Test(arguments: [
    (RouteQuery(model: "openai/big", tier: "fast", agent: "Explore"), "openai/big", RouteDecision.Origin.model),
    (RouteQuery(model: "sonnet-x"), "anthropic/sonnet-x", .model), (RouteQuery(model: "mine"), "openai/big", .model),
    (RouteQuery(model: "groq/meta/llama"), "groq/meta/llama", .model),
    (RouteQuery(model: "meta/llama"), "groq/meta/llama", .model),
    (RouteQuery(model: "haiku"), "anthropic/haiku-x", .model), (RouteQuery(model: "smart"), "anthropic/opus-x", .model),
    (RouteQuery(tier: "high", agent: "Explore", kind: "search"), "anthropic/opus-x", .tier),
    (RouteQuery(agent: "Explore", kind: "architecture"), "anthropic/haiku-x", .agent),
    (RouteQuery(agent: "Judge"), "anthropic/opus-x", .agent),
    (RouteQuery(agent: "Nobody", kind: "architecture"), "anthropic/opus-x", .kind),
    (RouteQuery(kind: "exploration", prompt: "design the architecture"), "anthropic/haiku-x", .kind),
    (RouteQuery(prompt: "list the files"), "anthropic/haiku-x", .complexity(-2)),
    (RouteQuery(prompt: "Design and review the security architecture"), "anthropic/sonnet-x", .complexity(3)),
    (RouteQuery(), "anthropic/sonnet-x", .usual),
  ])
  func TheTaskGoesBeforeItsAgentAndItsKind(_ query: RouteQuery, _ name: String, _ origin: RouteDecision.Origin) {
    let decision = decide(query)
    #expect(decision.chosen?.name.description == name && decision.origin == origin)
  }

  @Test func AWordThatMeansNothingChoosesNothing() {
    for query in [RouteQuery(model: "gpt-9"), RouteQuery(tier: "fastest")] {
      let decision = decide(query)
      #expect(decision.chosen == nil && decision.unknown != nil && decision.fallbacks.isEmpty)
      #expect(decision.explanation(now: .zero).contains { $0.contains("neither a model nor a tier") })
    }
  }

  @Test func NothingDearerStandsInUnlessSomebodyNamesIt() {
    let names = decide(RouteQuery(tier: "fast")).fallbacks.map(\.name.description)
    #expect(names == ["openai/mini"])
    #expect(decide(RouteQuery(model: "mini")).fallbacks.isEmpty)
    #expect(
      decide(RouteQuery(model: "mini", fallbacks: ["best", "nonsense"])).fallbacks.map(\.name.model) == ["opus-x"])
    #expect(decide(RouteQuery(model: "mini", fallbacks: ["nonsense"])).unknownFallbacks == ["nonsense"])
    #expect(decide(RouteQuery(agent: "Judge")).fallbacks.map(\.name.model) == ["big"])
    // Also if it stands in the tier that was asked for.
    for word in ["meta/llama", "fast"] {
      let fallbacks = decide(RouteQuery(tier: "fast", fallbacks: [word])).fallbacks
      #expect(fallbacks.map(\.name.model) == ["mini", "meta/llama"])
    }
    // A price that nobody knows may be a high one.
    let unknown = decide(RouteQuery(tier: "best")) { $0.models.append(Self.model("openai/new", .best, nil)) }
    #expect(unknown.fallbacks.isEmpty && unknown.candidates.last?.objection == .dearer)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func NoStateOfTheWorldLeadsToADearerModelSilently(_ seed: UInt64) throws {
    var numbers = SeededNumbers(seed)
    var history = RouterHistory()
    let models = Self.configuration.models
    var now = Duration.zero
    for _ in 0..<60 {
      let model = try #require(models.randomElement(using: &numbers)).name
      now += .seconds(Int.random(in: 0...5, using: &numbers))
      history.began(model)
      if Bool.random(using: &numbers) {
        history.answered(model, firstWord: .milliseconds(Int.random(in: 1...900, using: &numbers)))
      } else {
        let kind = try #require(ProviderError.Kind.allCases.randomElement(using: &numbers))
        history.failed(model, kind, now: now, rule: CoolDownRule())
      }
      let strategy = try #require(RouteStrategy.allCases.randomElement(using: &numbers))
      let tier = try #require(ModelTier.allCases.randomElement(using: &numbers))
      let usable = Self.all.filter { _ in Int.random(in: 0..<4, using: &numbers) > 0 }
      let query = RouteQuery(tier: tier.rawValue)
      let decision = decide(query, usable: usable, history: history, now: now) { $0.strategy = strategy }
      #expect(decision == decide(query, usable: usable, history: history, now: now) { $0.strategy = strategy })
      let preferred = decision.preferred
      for model in [decision.chosen].compactMap({ $0 }) + decision.fallbacks {
        #expect(usable.contains(model.name.provider) && model.tier == tier)
        if let preferred { #expect(!model.isDearer(than: preferred) || model.name == preferred.name) }
      }
      #expect(decision.chosen != nil || !models.contains { $0.tier == tier && usable.contains($0.name.provider) })
    }
  }

  @Test func StrategiesPutATierInOrder() {
    var history = RouterHistory()
    func first(_ strategy: RouteStrategy) -> String? {
      decide(RouteQuery(tier: "fast"), history: history) { $0.strategy = strategy }.chosen?.name.model
    }
    #expect(first(.order) == "haiku-x" && first(.cheapest) == "mini" && first(.fastest) == "haiku-x")
    let llama = ModelName(provider: "groq", model: "meta/llama")
    history.answered(llama, firstWord: .milliseconds(50))
    history.answered(ModelName(provider: "openai", model: "mini"), firstWord: .milliseconds(90))
    #expect(first(.fastest) == "meta/llama")
    history.began(ModelName(provider: "anthropic", model: "haiku-x"))
    #expect(first(.leastBusy) == "mini")
  }

  @Test func WhatFailsAgainAndAgainIsSetAsideForAWhile() {
    var history = RouterHistory()
    let haiku = ModelName(provider: "anthropic", model: "haiku-x")
    for _ in 0..<3 {
      #expect(decide(RouteQuery(tier: "fast"), history: history).chosen?.name == haiku)
      history.failed(haiku, .server, now: .seconds(10), rule: CoolDownRule())
    }
    let aside = decide(RouteQuery(tier: "fast"), history: history, now: .seconds(11))
    #expect(aside.chosen?.name.model == "mini")
    #expect(
      aside.explanation(now: .seconds(11)).contains("anthropic/haiku-x is set aside for 59 s: the provider failed"))
    #expect(decide(RouteQuery(tier: "fast"), history: history, now: .seconds(70)).chosen?.name == haiku)
    // The next time twice as long, until it answers.
    for _ in 0..<3 { history.failed(haiku, .server, now: .seconds(100), rule: CoolDownRule()) }
    #expect(decide(RouteQuery(tier: "fast"), history: history, now: .seconds(219)).chosen?.name != haiku)
    #expect(decide(RouteQuery(tier: "fast"), history: history, now: .seconds(220)).chosen?.name == haiku)
    // Rates are the gate's business, and a bad question is nobody's fault.
    for kind in [ProviderError.Kind.rateLimited, .badRequest, .contextTooLong, .refusal] {
      for _ in 0..<9 { history.failed(haiku, kind, now: .seconds(300), rule: CoolDownRule()) }
    }
    #expect(decide(RouteQuery(tier: "fast"), history: history, now: .seconds(300)).chosen?.name == haiku)
    // A wrong key is the whole provider's.
    history.failed(haiku, .authentication, now: .seconds(300), rule: CoolDownRule())
    #expect(decide(RouteQuery(tier: "best"), history: history, now: .seconds(301)).chosen?.name.model == "opus-x")
    #expect(decide(RouteQuery(model: "sonnet-x"), history: history, now: .seconds(301)).chosen?.name.model == "local")
  }

  @Test func WhatCannotBeHadIsToldInPlainWords() {
    let decision = decide(RouteQuery(model: "opus-x"), usable: ["openai"])
    #expect(decision.chosen == nil)
    #expect(
      decision.explanation(now: .zero) == [
        "the task names its model", "there is no model to choose",
        "anthropic/opus-x cannot be used: its provider has no key here, or does not answer",
      ])
    let tight = decide(RouteQuery(model: "sonnet-x", tokens: 5000))
    #expect(tight.candidates.first?.objection == .window(1000))
    #expect(decide(RouteQuery(tier: "balanced", tokens: 5000)).chosen?.name.model == "big")
    #expect(decide(RouteQuery(tier: "fast"), usable: ["groq"]).chosen?.name.model == "meta/llama")
    #expect(
      decide(RouteQuery(tier: "fast")).explanation(now: .zero) == [
        "the task asks for the tier fast",
        "anthropic/haiku-x is chosen (order, $1.00 in and $5.00 out for a million tokens)",
        "openai/mini follows if that fails", "groq/meta/llama may cost more, and nobody named it",
      ])
  }

  @Test func ADecisionTakesMicroseconds() {
    let prompt = String(repeating: "Find out why the tests of the registry fail on a full disk. ", count: 60)
    let router = Router(configuration: Self.configuration, usable: Self.all)
    let history = RouterHistory()
    let query = RouteQuery(prompt: prompt, needsTools: true, tokens: 900)
    let clock = ContinuousClock()
    let best = (0..<20).map { _ in
      clock.measure { for _ in 0..<50 { _ = router.decide(query, history: history, now: .zero) } } / 50
    }.min()
    // The limit is 10 µs for optimised code; this is a debug build on a machine that does other things, too.
    #expect(best ?? .seconds(1) < .milliseconds(2))
  }
}
