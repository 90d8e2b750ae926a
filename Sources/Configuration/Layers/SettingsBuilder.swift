internal import Agents
internal import Jobs
internal import Models

/// Makes settings of what the layers say together. Pure.
struct SettingsBuilder {
  private let merge: SettingsMerge
  /// The same without the project.
  private let own: SettingsMerge
  private let places: SettingsPlaces
  private let trust: ProjectTrust.Verdict
  private var notes: [String]
  private var keys: [String: KeyBinding.Verdict] = [:]

  init(
    _ merge: SettingsMerge, own: SettingsMerge, _ places: SettingsPlaces, _ trust: ProjectTrust.Verdict,
    _ notes: [String]
  ) {
    self.merge = merge
    self.own = own
    self.places = places
    self.trust = trust
    self.notes = notes
  }

  mutating func settings() throws(SettingsError) -> Settings {
    let models = try setup()
    let names = merge.names(below: ["max_per_agent"])
    let perAgent = names.compactMap { name in merge.value(["max_per_agent", name])?.whole.map { (name, $0) } }
    return Settings(
      models: models, model: text(["router", "model"]), roles: roles(), permissions: permissions(),
      onAsk: text(["on_ask"]) == "park" ? .park : .deny, servers: try servers(),
      limits: TaskLimits(
        maxTurns: merge.value(["limits", "max_turns"])?.whole ?? 50, maxTokens: whole(["limits", "max_tokens"]),
        maxCost: money(["limits", "max_cost"]),
        timeout: merge.value(["limits", "timeout"])?.duration ?? .seconds(1800)),
      budget: BudgetLimit(cost: money(["budget", "cost"]), tokens: whole(["budget", "tokens"])),
      secrets: merge.value(["secrets"])?.texts ?? [], maxConcurrent: whole(["max_concurrent"]) ?? 10,
      isMaxConcurrentSet: merge.values[["max_concurrent"]] != nil,
      maxPerAgent: Dictionary(uniqueKeysWithValues: perAgent), project: places.project,
      projectFiles: trust.files, notes: notes, merge: merge, keys: keys)
  }

  private func text(_ path: SettingPath) -> String? { merge.value(path)?.text }
  private func whole(_ path: SettingPath) -> Int? { merge.value(path)?.whole }
  private func money(_ path: SettingPath) -> Money? { merge.value(path)?.amount.flatMap(Money.init(dollars:)) }

  private func place(_ path: SettingPath) -> String {
    merge.order.first { $0.starts(with: path) }.flatMap { merge.values[$0]?.origin.description } ?? "configuration"
  }

  // MARK: Models

  private mutating func setup() throws(SettingsError) -> ModelSetup {
    var setup = ModelSetup.found(in: places.environment)
    // Where the environment leads to is where the user leads to.
    var own = Dictionary((setup.providers + setup.locals).map { ($0.name, $0) }) { first, _ in first }
    let found = own
    for name in self.own.names(below: ["providers"]) {
      if let provider = try? ProviderSettings.provider(name, in: self.own, found: own[name]) { own[name] = provider }
    }
    let binding = KeyBinding(own: own.values)
    for name in merge.names(below: ["providers"]) {
      do throws(ProviderSettings.Refusal) {
        let provider = try ProviderSettings.provider(name, in: merge, found: found[name])
        add(provider, to: &setup, own[name] ?? ModelProvider.preset(name), binding)
      } catch {
        throw SettingsError(place(["providers", name]), error.sentence)
      }
    }
    for provider in setup.providers where keys[provider.name] == nil {
      keys[provider.name] = binding.verdict(provider, places.environment)
    }
    for name in merge.names(below: ["providers"]) { setup.gates[name] = ProviderSettings.gate(name, in: merge) }
    setup.prices = PriceTable(own: try prices())
    try addModels(to: &setup)
    route(&setup.router)
    return setup
  }

  private mutating func add(
    _ provider: ModelProvider, to setup: inout ModelSetup, _ own: ModelProvider?, _ binding: KeyBinding
  ) {
    var provider = provider
    let name = provider.name
    if let own, HTTPOrigin(of: own.baseURL) != HTTPOrigin(of: provider.baseURL) {
      // What the user sends to a host of theirs may authorize as a key does.
      for header in own.extraHeaders.keys { provider.extraHeaders[header] = nil }
    }
    let verdict = binding.verdict(provider, places.environment)
    keys[name] = verdict
    setup.keys[name] = nil
    switch verdict {
    case .given(let variable): setup.keys[name] = places.environment[variable]
    case .withheld(let variable, let host):
      notes.append(
        "\(name) gets no key: \(variable) is not bound to \(host?.description ?? "its host"), and only your own configuration can bind it"
      )
    case .none, .unset: break
    }
    let isMoved = merge.values[["providers", name, "base_url"]] != nil
    if let place = setup.locals.firstIndex(where: { $0.name == name }), !isMoved {
      return setup.locals[place] = provider
    }
    setup.locals.removeAll { $0.name == name }
    setup.unlisted.removeAll { $0.name == name }
    if let place = setup.providers.firstIndex(where: { $0.name == name }) {
      setup.providers[place] = provider
    } else {
      setup.providers.append(provider)
    }
    let hasModels =
      merge.names(below: ["models"]).contains { $0.hasPrefix(name + "/") }
      || setup.router.models.contains { $0.name.provider == name }
    if !hasModels, setup.hasKey(for: provider) { setup.unlisted.append(provider) }
  }

  private func prices() throws(SettingsError) -> [String: ModelPrice] {
    var prices: [String: ModelPrice] = [:]
    for name in merge.names(below: ["prices"]) { prices[name] = try price(["prices", name]) }
    for name in merge.names(below: ["models"]) {
      if let price = try price(["models", name, "price"]) { prices[name] = price }
    }
    return prices
  }

  private func price(_ path: SettingPath) throws(SettingsError) -> ModelPrice? {
    if merge.names(below: path).isEmpty { return nil }
    func part(_ name: String) -> Double? { merge.value(path + [name])?.amount }
    guard let input = part("input"), let output = part("output") else {
      throw SettingsError(place(path), "\(path.shown) needs input and output, in dollars for a million tokens")
    }
    return ModelPrice(
      input: input, output: output, cacheRead: part("cache_read"), cacheWrite: part("cache_write"),
      cacheWriteLong: part("cache_write_long"))
  }

  private mutating func addModels(to setup: inout ModelSetup) throws(SettingsError) {
    var chosen: [RoutedModel] = []
    var last: [RoutedModel] = []
    for text in merge.names(below: ["models"]) {
      let path = ["models", text]
      guard let slash = text.firstIndex(of: "/") else { continue }
      let name = ModelName(provider: String(text[..<slash]), model: String(text[slash...].dropFirst()))
      let isOfProject = merge.values[path + ["name"]]?.origin.isProject ?? false
      guard let provider = setup.provider(name.provider) ?? ModelProvider.preset(name.provider) else {
        throw SettingsError(place(path), "\(path.shown) names a provider that is not known: \(name.provider)")
      }
      if setup.provider(provider.name) == nil {
        add(preset: setup.locals.first { $0.name == provider.name } ?? provider, to: &setup)
      }
      let found = setup.router.models.first { $0.name == name }
      if isOfProject, found != nil {
        notes.append("the project's \(path.shown) does not count: the model is known without it")
        continue
      }
      let model = routed(name, path, found, setup.prices.price(of: name.model, provider: provider))
      if isOfProject { last.append(model) } else { chosen.append(model) }
    }
    let names = Set(chosen.map(\.name))
    setup.router.models = chosen + setup.router.models.filter { !names.contains($0.name) } + last
    for index in setup.router.models.indices {
      let model = setup.router.models[index]
      guard let provider = setup.provider(model.name.provider) else { continue }
      setup.router.models[index].price = setup.prices.price(of: model.name.model, provider: provider) ?? model.price
    }
  }

  /// A preset of which nothing is said but a model.
  private mutating func add(preset: ModelProvider, to setup: inout ModelSetup) {
    setup.providers.append(preset)
    setup.locals.removeAll { $0.name == preset.name }
    let verdict = KeyBinding(own: [preset]).verdict(preset, places.environment)
    keys[preset.name] = verdict
    if case .given(let variable) = verdict { setup.keys[preset.name] = places.environment[variable] }
  }

  private func routed(
    _ name: ModelName, _ path: SettingPath, _ found: RoutedModel?, _ price: ModelPrice?
  ) -> RoutedModel {
    var model = found ?? RoutedModel(name: name, tier: .balanced)
    if let tier = text(path + ["tier"]).flatMap(ModelTier.init(word:)) { model.tier = tier }
    if let window = whole(path + ["window"]) { model.window = window }
    if let flag = merge.value(path + ["tools"])?.flag { model.knowsTools = flag }
    if let flag = merge.value(path + ["images"])?.flag { model.seesImages = flag }
    if let price { model.price = price }
    return model
  }

  private func route(_ router: inout RouterConfiguration) {
    for name in merge.names(below: ["router", "aliases"]) { router.aliases[name] = text(["router", "aliases", name]) }
    for name in merge.names(below: ["router", "kinds"]) {
      router.kinds[name] = text(["router", "kinds", name]).flatMap(ModelTier.init(word:))
    }
    for name in merge.names(below: ["agents"]) {
      let route = AgentRoute(
        model: text(["agents", name, "model"]), tier: text(["agents", name, "tier"]).flatMap(ModelTier.init(word:)),
        fallbacks: merge.value(["agents", name, "fallbacks"])?.texts ?? [])
      if route != AgentRoute() { router.agents[name] = route }
    }
    if let tier = text(["router", "tier"]).flatMap(ModelTier.init(word:)) { router.usualTier = tier }
    if let rule = text(["router", "strategy"]).flatMap(RouteStrategy.init(rawValue:)) { router.strategy = rule }
    router.fallbacks = merge.value(["router", "fallbacks"])?.texts ?? router.fallbacks
    router.escalates = merge.value(["router", "escalate"])?.flag ?? false
    let cool = ["router", "cool_down"]
    if let failures = whole(cool + ["failures"]) { router.coolDown.failures = failures }
    if let first = merge.value(cool + ["first"])?.duration { router.coolDown.first = first }
    if let longest = merge.value(cool + ["longest"])?.duration { router.coolDown.longest = longest }
  }

  // MARK: Agents and tools

  private func roles() -> [AgentRole] {
    merge.names(below: ["agents"]).map { name in
      let path = ["agents", name]
      let origin = merge.order.first { $0.starts(with: path) }.flatMap { merge.values[$0]?.origin } ?? .builtIn
      func texts(_ key: String) -> [String]? { merge.value(path + [key])?.texts }
      let description = text(path + ["description"])
      var role = AgentRole(
        name: name, description: description ?? "", system: text(path + ["system"]) ?? "", source: .configuration)
      // The selector has nothing else to go by.
      role.isSelectable = description != nil
      role.model = text(path + ["model"])
      role.tier = text(path + ["tier"])
      role.fallbacks = texts("fallbacks") ?? []
      role.tools = texts("tools")
      role.disallowedTools = texts("disallowed_tools") ?? []
      role.workdir = folder(text(path + ["workdir"]), origin)
      role.memory = folder(text(path + ["memory"]), origin).map { memory in
        memory.hasPrefix("/") ? memory : places.userFolder.map { "\($0)/\(memory)" } ?? memory
      }
      role.memoryRoot = origin.isProject ? places.project : nil
      role.maxTurns = whole(path + ["max_turns"])
      role.permissionMode = text(path + ["permission_mode"])
      return role
    }
  }

  /// A path as it is meant: a project's within the project, the user's `~/` in their home.
  private func folder(_ path: String?, _ origin: SettingOrigin) -> String? {
    guard let path else { return nil }
    if origin.isProject, let project = places.project { return ProjectPaths.absolute(path, in: project) }
    if path == "~" || path.hasPrefix("~/"), let home = places.environment["HOME"] { return home + path.dropFirst(1) }
    return path
  }

  private func permissions() -> [PermissionPolicy.Layer] {
    merge.rules.map { layer in
      let rules = layer.entries.compactMap { entry -> PermissionRule? in
        guard entry.path.count == 3, let verdict = entry.value.text.flatMap(PermissionVerdict.init(rawValue:)) else {
          return nil
        }
        return PermissionRule(tool: entry.path[1], pattern: entry.path[2], verdict)
      }
      return PermissionPolicy.Layer(rules.sorted(by: PermissionRule.isMoreGeneral), onlyNarrows: layer.origin.isProject)
    }
  }

  private func servers() throws(SettingsError) -> [MCPServerSpec] {
    var servers: [MCPServerSpec] = []
    for name in merge.names(below: ["mcp"]) {
      let path = ["mcp", name]
      guard let command = merge.value(path + ["command"])?.texts, !command.isEmpty else {
        throw SettingsError(place(path), "\(path.shown) needs a command: a list of the program and its arguments")
      }
      let origin = merge.values[path + ["command"]]?.origin ?? .builtIn
      var environment: [String: String] = [:]
      for variable in merge.names(below: path + ["env"]) { environment[variable] = text(path + ["env", variable]) }
      let cwd = text(path + ["cwd"]) ?? (origin.isProject ? "." : nil)
      servers.append(
        MCPServerSpec(
          name: name, command: command, environment: environment, cwd: folder(cwd, origin),
          tools: merge.value(path + ["tools"])?.texts))
    }
    return servers
  }
}

extension PermissionRule {
  /// The order of rules that came without one: what says less goes first, so that the last that fits says most.
  static func isMoreGeneral(_ left: PermissionRule, _ right: PermissionRule) -> Bool {
    func letters(_ text: String) -> Int { text.utf8.count { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?") } }
    func strictness(_ verdict: PermissionVerdict) -> Int { verdict == .allow ? 0 : verdict == .ask ? 1 : 2 }
    let (leftPattern, rightPattern) = (left.pattern ?? "*", right.pattern ?? "*")
    let leftKey = (letters(left.tool), letters(leftPattern), strictness(left.verdict))
    let rightKey = (letters(right.tool), letters(rightPattern), strictness(right.verdict))
    if leftKey != rightKey { return leftKey < rightKey }
    return (left.tool, leftPattern) < (right.tool, rightPattern)
  }
}
