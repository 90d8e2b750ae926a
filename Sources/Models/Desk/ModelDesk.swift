internal import Synchronization

/// Where the tasks of a run get their models: it knows which can be called, how they have done, what the run may spend, and it has
/// the gate before each provider, which all runs of the user share where they have a folder for it.
///
/// A task takes a `ModelSession`, and asks through that. Nothing is sent, looked for or opened before a task needs a model.
public final class ModelDesk: Sendable {
  private struct State {
    var setup: ModelSetup
    var history = RouterHistory()
    var gates: [String: ProviderGate] = [:]
  }

  private let state: Mutex<State>
  private let gateFolder: String?
  private let finder: ModelFinder
  private let mock: MockPlayer
  let till = BudgetTill()
  let client: ModelClient

  /// A desk. `gateFolder` is where the runs of this user agree on gates, such as `$XDG_RUNTIME_DIR/agentscript`; nil for gates of this
  /// desk alone.
  public init(_ setup: ModelSetup, transport: HTTPTransport, gateFolder: String?) {
    var setup = setup
    if setup.mock != nil {
      // Whatever could be named elsewhere can be named here: nothing is called.
      let known = Set(setup.providers.map(\.name))
      setup.providers += (setup.unlisted + setup.locals + ModelProvider.presets).filter { !known.contains($0.name) }
      setup.unlisted = []
      setup.locals = []
      if setup.router.models.isEmpty {
        setup.router.models = ModelTier.allCases.map { ModelDesk.mockModel($0.rawValue, $0) }
      }
    }
    setup.providers.append(.mock)
    mock = MockPlayer(setup.mock ?? MockScript())
    state = Mutex(State(setup: setup))
    self.gateFolder = gateFolder
    finder = ModelFinder(transport: transport)
    client = ModelClient(transport: transport)
  }

  static func mockModel(_ name: String, _ tier: ModelTier) -> RoutedModel {
    RoutedModel(name: ModelName(provider: ModelProvider.mock.name, model: name), tier: tier, price: .free)
  }

  /// What can be called, with what was found so far.
  public var setup: ModelSetup { state.withLock { $0.setup } }

  /// Whether nothing is called, whatever is asked.
  public var isMocked: Bool { state.withLock { $0.setup.mock != nil } }
}

// Money.
extension ModelDesk {
  /// Opens an account (of a job, a group, a run), or changes its limit; what was spent stays.
  public func setLimit(_ limit: BudgetLimit, of account: String) { till.setLimit(limit, of: account) }

  /// What was spent in an account by calls that have ended.
  public func spent(_ account: String) -> BudgetSpending { till.read { $0.spent(account) } }

  /// The money of an account that is neither spent nor set aside; nil without a limit.
  public func remaining(_ account: String) -> Money? { till.read { $0.remaining(account) } }
}

// Choosing.
extension ModelDesk {
  /// The clock of decisions and waits.
  static func now() -> Duration { GateFile.now() }

  /// The model for a piece of work, what follows if that fails, and why.
  ///
  /// Servers whose models nobody listed are asked for them first, those of this machine only where nothing else can be used or
  /// the query names one. A model that the query names as `provider/model` need not be listed, if its provider can be called.
  public func decide(_ query: RouteQuery) async -> RouteDecision { await route(query).decision }

  /// Why a decision of this desk has no model; nil if it has one.
  public func failure(of decision: RouteDecision) -> ModelFailure? {
    decision.chosen == nil ? ModelFailure(noModelIn: decision, of: setup) : nil
  }

  /// The decision, and the router that made it.
  func route(_ query: RouteQuery) async -> (decision: RouteDecision, router: Router) {
    await find(setup.unlisted)
    var answer = decideNow(query)
    guard answer.decision.chosen == nil else { return answer }
    let locals = setup.locals
    guard !locals.isEmpty else { return answer }
    if let unknown = answer.decision.unknown {
      let named = locals.filter { unknown == $0.name || unknown.hasPrefix($0.name + "/") }
      // A name without its provider may be one of theirs.
      await find(named.isEmpty ? locals : named)
    } else if answer.decision.candidates.allSatisfy({ $0.objection == .notUsable }) {
      await find(locals)
    }
    answer = decideNow(query)
    return answer
  }

  private func decideNow(_ query: RouteQuery) -> (decision: RouteDecision, router: Router) {
    let now = ModelDesk.now()
    return state.withLock { state in
      var configuration = state.setup.router
      var router = Router(configuration: configuration, usable: state.setup.usable)
      var decision = router.decide(query, history: state.history, now: now)
      let words = [decision.unknown].compactMap(\.self) + decision.unknownFallbacks
      guard !words.isEmpty else { return (decision: decision, router: router) }
      for word in words {
        if let first = configuration.models.first(where: { $0.name.provider == word }) {
          // A provider's name stands for its first model.
          configuration.aliases[word] = first.name.description
        } else if let model = state.setup.unlistedModel(word) {
          configuration.models.append(model)
        }
      }
      router = Router(configuration: configuration, usable: state.setup.usable)
      decision = router.decide(query, history: state.history, now: now)
      return (decision: decision, router: router)
    }
  }

  /// Asks servers for their models, all at once; what answers becomes a provider of the setup.
  private func find(_ providers: [ModelProvider]) async {
    guard !providers.isEmpty else { return }
    let setup = setup
    await withTaskGroup(of: (ModelProvider, [RoutedModel]?).self) { group in
      for provider in providers {
        group.addTask { [finder] in
          (provider, await finder.models(of: provider, key: setup.keys[provider.name], prices: setup.prices))
        }
      }
      var found: [String: [RoutedModel]] = [:]
      for await (provider, models) in group { found[provider.name] = models }
      let models = found
      state.withLock { state in
        // In the order of the providers, whoever answered first.
        for provider in providers { state.setup.add(provider, models: models[provider.name]) }
      }
    }
  }

  /// The escalation for a query, by the present history.
  func escalation(_ router: Router, from tier: ModelTier, _ query: RouteQuery) -> RoutedModel? {
    let history = state.withLock { $0.history }
    return router.escalation(from: tier, query, history: history, now: ModelDesk.now())
  }
}

// Calls.
extension ModelDesk {
  /// What a call of a model needs: the provider, its key, its gate.
  struct Counter: Sendable {
    let provider: ModelProvider
    let key: String?
    let gate: ProviderGate
    let quota: GatePolicy.QuotaRule
    let limits: HTTPLimits
    /// Set where the call is answered by a mock.
    let mock: MockPlayer?
  }

  /// Where a model is asked; nil if its provider is gone.
  func counter(_ name: String) -> Counter? {
    state.withLock { state in
      guard let provider = state.setup.provider(name) else { return nil }
      let isMock = state.setup.mock != nil || name == ModelProvider.mock.name
      let policy = state.setup.gates[name] ?? GatePolicy()
      let key = state.setup.keys[name]
      let gate = state.gates[name] ?? ProviderGate(policy: policy, file: isMock ? nil : gateFile(provider, key))
      state.gates[name] = gate
      return Counter(
        provider: provider, key: key, gate: gate, quota: policy.quota, limits: state.setup.limits,
        mock: isMock ? mock : nil)
    }
  }

  /// One file for each provider, address and key: two servers with the same word for a key have nothing to do with each other.
  private func gateFile(_ provider: ModelProvider, _ key: String?) -> GateFile? {
    guard let gateFolder else { return nil }
    return try? GateFile(
      folder: gateFolder, provider: provider.name, key: provider.messagesURL + "\0" + ASCIIText.trimmed(key ?? ""))
  }

  /// Changes what is known of how models have done.
  func note(_ change: (inout RouterHistory, CoolDownRule) -> Void) {
    state.withLock { change(&$0.history, $0.setup.router.coolDown) }
  }
}
