import Synchronization
import Testing
import WireText

@testable import Models

@Suite struct ModelSetupTests {
  @Test func KeysOfTheEnvironmentMakeProvidersAndTheirModels() {
    let setup = ModelSetup.found(in: ["ANTHROPIC_API_KEY": " sk-one\n", "GROQ_API_KEY": "gsk", "OPENAI_API_KEY": "  "])
    #expect(setup.providers.map(\.name) == ["anthropic", "groq"] && setup.usable == ["anthropic", "groq"])
    #expect(setup.keys == ["anthropic": "sk-one", "groq": "gsk"])
    #expect(setup.locals.map(\.name) == ["ollama", "llamacpp", "vllm", "lmstudio"] && setup.unlisted.isEmpty)
    for tier in ModelTier.allCases {
      #expect(setup.router.models.first { $0.tier == tier }?.name.provider == "anthropic")
    }
    let haiku = setup.router.models.first { $0.name.model == "claude-haiku-5-5" }
    #expect(
      haiku?.window == 1_000_000 && haiku?.price == PriceTable().price(of: "claude-haiku-5-5", provider: .anthropic))
  }

  @Test func EachPresetWithAKeyHasAModelOfEachTier() {
    for preset in ModelProvider.presets where !preset.isLocal {
      let models = ModelSetup.found(in: [preset.keyVariable ?? "": "k"]).router.models
      #expect(Set(models.map(\.tier)) == Set(ModelTier.allCases), "\(preset.name)")
    }
  }

  @Test func AddressesComeFromTheEnvironmentAsTheVendorsHaveIt() {
    let setup = ModelSetup.found(in: [
      "ANTHROPIC_AUTH_TOKEN": "t", "ANTHROPIC_BASE_URL": "https://gate.example", "OPENAI_API_KEY": "k",
      "OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OLLAMA_HOST": "0.0.0.0:9999",
    ])
    let anthropic = setup.provider("anthropic")
    #expect(anthropic?.baseURL == "https://gate.example" && anthropic?.authorization == .bearer)
    #expect(setup.keys["anthropic"] == "t")
    // Nobody knows which models are there.
    #expect(setup.unlisted.map(\.baseURL) == ["http://127.0.0.1:9/v1"])
    #expect(!setup.router.models.contains { $0.name.provider == "openai" })
    func ollama(_ host: String) -> String? {
      ModelSetup.found(in: ["OLLAMA_HOST": host]).locals.first { $0.name == "ollama" }?.baseURL
    }
    #expect(ollama("0.0.0.0:9999") == "http://127.0.0.1:9999/v1" && ollama("box") == "http://box:11434/v1")
    #expect(ollama("https://box/") == "https://box/v1" && ollama(":80") == "http://127.0.0.1:80/v1")
    #expect(ollama("[::1]:7") == "http://[::1]:7/v1" && ollama("[::1]") == "http://[::1]:11434/v1")
  }

  @Test func TiersAreGuessedFromNames() {
    let guesses: [(String, ModelTier)] = [
      ("qwen3:4b", .fast), ("smol", .fast), ("SmolLM2-135M-Instruct", .fast), ("llama-3.3-70b-versatile", .balanced),
      ("mixtral:8x22b", .best), ("gpt-oss:120b", .best), ("gpt-5-mini", .fast), ("claude-opus-4-1", .best),
      ("qwen3-coder-30b-a3b", .balanced), ("something", .balanced), ("phi-3.8b", .fast),
    ]
    for (name, tier) in guesses { #expect(FoundModels.tier(of: name) == tier, "\(name)") }
  }

  @Test func AListOfModelsIsReadAndWhatCannotTalkIsLeftOut() throws {
    let answer = try JSONReader.read(
      """
      {"object":"list","data":[{"id":"qwen3:4b"},{"id":"nomic-embed-text"},{"id":"big","max_model_len":32768},{"id":7}]}
      """)
    let found = try #require(FoundModels(answer: answer))
    #expect(found.models.map(\.name) == ["qwen3:4b", "big"] && found.models[1].window == 32768)
    #expect(FoundModels(answer: ["error": "no"]) == nil && FoundModels(answer: "page") == nil)
    #expect(found.routed(.ollama, PriceTable()).allSatisfy { $0.price == .free })
  }
}

@Suite(.serialized) struct DeskChoiceTests {
  /// A server of models whose list is all that it answers.
  private func server(_ answer: String, _ paths: Log<String> = Log()) throws -> PlayServer {
    try PlayServer { path, _ in
      paths.add(path)
      var play = MockAnswer(.text(""), to: ModelRequest(model: "", messages: []), format: .chat, number: 0)
      play.headers = ["content-type": "application/json"]
      play.pieces = [MockAnswer.Piece(after: .zero, bytes: Array(answer.utf8))]
      return (play, .proper)
    }
  }

  private func local(_ name: String, _ port: Int) -> ModelProvider {
    ModelProvider(name: name, baseURL: "http://127.0.0.1:\(port)/v1", isKeyOptional: true, isLocal: true)
  }

  @Test(.timeLimit(.minutes(1))) func AServerOfThisMachineDoesTheWorkOfAllTiersWhereNothingElseCan() async throws {
    let paths = Log<String>()
    let server = try server(#"{"data":[{"id":"smol","meta":{"n_ctx":4096}}]}"#, paths)
    var setup = ModelSetup()
    setup.locals = [local("ollama", 1), local("llamacpp", server.port)]
    let desk = ModelDesk(setup, transport: HTTPTransport(), gateFolder: nil)
    #expect(paths.items.isEmpty)
    let decisions = await withTaskGroup(of: RouteDecision.self) { group in
      for tier in ModelTier.allCases { group.addTask { await desk.decide(RouteQuery(tier: tier.rawValue)) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(decisions.allSatisfy { $0.chosen?.name.description == "llamacpp/smol" && $0.chosen?.window == 4096 })
    // It was asked once.
    #expect(paths.items == ["/v1/models"])
    let best = await desk.decide(RouteQuery(tier: "best"))
    #expect(best.standIn == .fast)
    #expect(best.explanation(now: .zero).contains { $0.contains("no model of the tier best here: those of fast") })
    #expect(await desk.decide(RouteQuery(model: "llamacpp")).chosen?.name.model == "smol")
    #expect(await desk.decide(RouteQuery(model: "llamacpp/other")).chosen?.name.model == "other")
  }

  @Test(.timeLimit(.minutes(1))) func NobodyLooksForServersWhileSomethingElseCanBeUsed() async throws {
    let paths = Log<String>()
    let server = try server(#"{"data":[{"id":"own:7b"}]}"#, paths)
    var setup = ModelSetup.found(in: ["ANTHROPIC_API_KEY": "k"])
    setup.locals = [local("ollama", server.port)]
    let desk = ModelDesk(setup, transport: HTTPTransport(), gateFolder: nil)
    #expect(await desk.decide(RouteQuery(tier: "fast")).chosen?.name.provider == "anthropic")
    #expect(paths.items.isEmpty)
    #expect(await desk.decide(RouteQuery(model: "ollama/own:7b")).chosen?.name.description == "ollama/own:7b")
    #expect(await desk.decide(RouteQuery(model: "own:7b")).chosen?.name.description == "ollama/own:7b")
    #expect(await desk.decide(RouteQuery(tier: "fast")).chosen?.name.provider == "anthropic")
  }

  @Test(.timeLimit(.minutes(1))) func ModelsBehindAnotherAddressAreAskedFor() async throws {
    let server = try server(#"{"data":[{"id":"house/large-70b"},{"id":"house/mini"}]}"#)
    let setup = ModelSetup.found(in: [
      "OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:\(server.port)/v1",
    ])
    let desk = ModelDesk(setup, transport: HTTPTransport(), gateFolder: nil)
    #expect(await desk.decide(RouteQuery(tier: "fast")).chosen?.name.description == "openai/house/mini")
    #expect(desk.setup.unlisted.isEmpty && desk.setup.providers.count(where: { $0.name == "openai" }) == 1)
  }

  @Test(.timeLimit(.minutes(1))) func ModelsThatNobodyListedCanBeNamed() async throws {
    let desk = ModelDesk(.found(in: ["ANTHROPIC_API_KEY": "k"]), transport: HTTPTransport(), gateFolder: nil)
    func chosen(_ model: String) async -> String? {
      await desk.decide(RouteQuery(model: model)).chosen?.name.description
    }
    #expect(await chosen("anthropic/claude-next") == "anthropic/claude-next")
    #expect(await chosen("claude-opus-9") == "anthropic/claude-opus-9")
    #expect(await chosen("anthropic") == "anthropic/claude-haiku-5-5" && desk.setup.router.aliases.isEmpty)
    // They are nobody else's fallback.
    #expect(!desk.setup.router.models.contains { $0.name.model == "claude-next" })
    // The mock is there for whoever names it, and for nobody else.
    #expect(await chosen("mock") == "mock/mock")
    let session = try await desk.session(RouteQuery(model: "mock"))
    #expect(try await session.turn(DeskWorld.question).reply.text == "(mock answer to: what is it?)")
  }

  @Test(.timeLimit(.minutes(1))) func WhatCannotBeChosenIsSaidInOneSentence() async throws {
    func failure(_ setup: ModelSetup, _ query: RouteQuery) async -> ModelFailure? {
      let desk = ModelDesk(setup, transport: HTTPTransport(), gateFolder: nil)
      return desk.failure(of: await desk.decide(query))
    }
    guard case .noProvider(let nothing)? = await failure(ModelSetup(), RouteQuery(tier: "fast")) else {
      return #expect(Bool(false))
    }
    #expect(nothing.contains("set ANTHROPIC_API_KEY, OPENAI_API_KEY") && nothing.contains("Ollama"))
    let some = ModelSetup.found(in: ["ANTHROPIC_API_KEY": "k"])
    let keyless = await failure(some, RouteQuery(model: "openai/gpt-5-mini"))
    #expect(keyless == .noProvider("openai/gpt-5-mini needs a key: set OPENAI_API_KEY"))
    guard case .unknownModel(let unknown)? = await failure(some, RouteQuery(model: "cloude")) else {
      return #expect(Bool(false))
    }
    #expect(
      unknown.hasPrefix("\"cloude\" is neither a model nor a tier that is known here: there are anthropic/claude-ha"))
    var blind = some
    blind.router.models = [
      RoutedModel(name: ModelName(provider: "anthropic", model: "b"), tier: .fast, knowsTools: false)
    ]
    let unfit = await failure(blind, RouteQuery(tier: "fast", needsTools: true))
    #expect(unfit == .noProvider("no model can do this: anthropic/b cannot call tools"))
    #expect(await failure(some, RouteQuery(tier: "fast")) == nil)
  }

  @Test(.timeLimit(.minutes(1))) func ADryRunNeedsNeitherKeysNorServers() async throws {
    let script = MockScript([MockScript.Scene(replies: [.text("played")])])
    var setup = ModelSetup()
    setup.mock = script
    let bare = ModelDesk(setup, transport: HTTPTransport(), gateFolder: nil)
    #expect(bare.isMocked)
    let session = try await bare.session(RouteQuery(tier: "best"))
    #expect(session.model.name.description == "mock/best")
    #expect(try await session.turn(DeskWorld.question).reply.text == "played")
    // What a run with keys would be asked is named, and not asked.
    let named = try await bare.session(RouteQuery(model: "claude-opus-5-5"))
    #expect(named.model.name.description == "anthropic/claude-opus-5-5")
    #expect(try await named.turn(DeskWorld.question).reply.text == "played")
  }
}
