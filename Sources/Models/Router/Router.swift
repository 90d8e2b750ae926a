/// Chooses models: a pure function of configuration, history and the clock. Nothing is drawn by lot: the same question in the
/// same state gets the same answer, and the answer says why.
public struct Router: Sendable {
  /// What there is to choose from.
  public let configuration: RouterConfiguration
  /// The providers that can be called: a key is there, or a local server has answered.
  public let usable: Set<String>

  /// A router over some models. Providers that are not in `usable` are never chosen, and the decision says so.
  public init(configuration: RouterConfiguration, usable: Set<String>) {
    self.configuration = configuration
    self.usable = usable
  }

  /// The model for a piece of work, what follows if that fails, and why.
  ///
  /// Where there is no model of a tier at all, those of another one stand in.
  /// An explicit model wins, else the task's tier, its agent's model or tier, its kind of work, the look of its prompt. No
  /// fallback is dearer than the model it stands in for, unless the task, its agent or the configuration names it as a fallback.
  public func decide(_ query: RouteQuery, history: RouterHistory, now: Duration) -> RouteDecision {
    var decision = RouteDecision(strategy: configuration.strategy)
    let aim = aim(of: query)
    decision.origin = aim.origin
    decision.tier = aim.tier
    decision.unknown = aim.unknown
    var line: [RoutedModel] = []
    if let model = aim.model { line.append(model) }
    if aim.model == nil, aim.unknown == nil {
      let tier = nearest(to: aim.tier)
      line = ordered(of: tier, history)
      if tier != aim.tier { decision.standIn = tier }
    }
    add(line, to: &decision, query, history, now, named: aim.model != nil)
    addFallbacks(query, aim, &decision, history, now)
    settle(&decision)
    return decision
  }

  private struct Aim {
    var model: RoutedModel?
    var tier: ModelTier
    var origin: RouteDecision.Origin
    var unknown: String?
  }

  private func aim(of query: RouteQuery) -> Aim {
    if let word = query.model { return named(word, .model) }
    if let word = query.tier {
      if let tier = configuration.tier(word) { return Aim(tier: tier, origin: .tier) }
      return Aim(tier: configuration.usualTier, origin: .tier, unknown: word)
    }
    if let agent = query.agent.flatMap({ configuration.agents[$0] }) {
      if let word = agent.model { return named(word, .agent) }
      if let tier = agent.tier { return Aim(tier: tier, origin: .agent) }
    }
    if let kind = query.kind, let tier = configuration.kinds[kind] ?? WorkKind.tiers[kind] {
      return Aim(tier: tier, origin: .kind)
    }
    if !query.prompt.isEmpty {
      let estimate = ComplexityEstimate(prompt: query.prompt)
      return Aim(tier: estimate.tier, origin: .complexity(estimate.score))
    }
    return Aim(tier: configuration.usualTier, origin: .usual)
  }

  /// A word for a model may be one for a tier: `model: haiku` in an agent's front matter.
  private func named(_ word: String, _ origin: RouteDecision.Origin) -> Aim {
    if let model = configuration.model(word) { return Aim(model: model, tier: model.tier, origin: origin) }
    if let tier = configuration.tier(word) { return Aim(tier: tier, origin: origin) }
    return Aim(tier: configuration.usualTier, origin: origin, unknown: word)
  }

  /// The tier itself if it has models, else the one next to it that has: rather one that is able to do more.
  private func nearest(to tier: ModelTier) -> ModelTier {
    let order: [ModelTier] =
      switch tier {
      case .fast: [.fast, .balanced, .best]
      case .balanced: [.balanced, .best, .fast]
      case .best: [.best, .balanced, .fast]
      }
    return order.first { tier in configuration.models.contains { $0.tier == tier } } ?? tier
  }

  /// The tier's models as the strategy prefers them; where two are equal, as they stand.
  private func ordered(of tier: ModelTier, _ history: RouterHistory) -> [RoutedModel] {
    let models = configuration.models.filter { $0.tier == tier }
    guard configuration.strategy != .order, models.count > 1 else { return models }
    let keyed = models.enumerated().map { place, model in (key: key(model, history), place: place, model: model) }
    return keyed.sorted { ($0.key, $0.place) < ($1.key, $1.place) }.map(\.model)
  }

  private func key(_ model: RoutedModel, _ history: RouterHistory) -> Int64 {
    switch configuration.strategy {
    case .order: return 0
    case .cheapest: return model.price?.weight ?? .max
    case .leastBusy: return Int64(history.models[model.name]?.underWay ?? 0)
    case .fastest:
      guard let (seconds, attoseconds) = history.models[model.name]?.firstWord?.components else { return .max }
      return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
  }

  /// Appends the models with what stands against each. `named` ones may be dearer than the first.
  private func add(
    _ models: [RoutedModel], to decision: inout RouteDecision, _ query: RouteQuery, _ history: RouterHistory,
    _ now: Duration, named: Bool
  ) {
    for model in models {
      if let place = decision.candidates.firstIndex(where: { $0.model.name == model.name }) {
        // Who names it as a fallback does not mind its price: it stands where it is named.
        guard named, decision.candidates[place].objection == .dearer else { continue }
        decision.candidates.remove(at: place)
      }
      var objection = objection(to: model, query, history, now)
      if !named, objection?.isPassing ?? true, let first = decision.preferred, model.isDearer(than: first) {
        objection = .dearer
      }
      decision.candidates.append(RouteCandidate(model: model, objection: objection))
    }
  }

  private func objection(
    to model: RoutedModel, _ query: RouteQuery, _ history: RouterHistory, _ now: Duration
  ) -> RouteCandidate.Objection? {
    if !usable.contains(model.name.provider) { return .notUsable }
    if query.needsTools, !model.knowsTools { return .noTools }
    if query.needsImages, !model.seesImages { return .noImages }
    if let window = model.window, query.tokens > window { return .window(window) }
    return history.cooling(model.name, now: now).map { .cooling(until: $0.until, $0.why) }
  }

  private func addFallbacks(
    _ query: RouteQuery, _ aim: Aim, _ decision: inout RouteDecision, _ history: RouterHistory, _ now: Duration
  ) {
    guard aim.unknown == nil else { return }
    let agent = query.agent.flatMap { configuration.agents[$0] }?.fallbacks ?? []
    for words in [query.fallbacks, agent, configuration.fallbacks] where !words.isEmpty {
      for word in words {
        if let model = configuration.model(word) {
          add([model], to: &decision, query, history, now, named: true)
        } else if let tier = configuration.tier(word) {
          add(ordered(of: nearest(to: tier), history), to: &decision, query, history, now, named: true)
        } else {
          decision.unknownFallbacks.append(word)
        }
      }
      return
    }
    // Who names a model that cannot be had here is to hear it, rather than to get another one.
    guard aim.model != nil, decision.preferred != nil else { return }
    add(ordered(of: aim.tier, history), to: &decision, query, history, now, named: false)
  }

  /// Picks the first that nothing stands against; if all are set aside, the one that comes back first.
  private func settle(_ decision: inout RouteDecision) {
    if let place = decision.candidates.firstIndex(where: { $0.objection == nil }) {
      decision.place = place
      return
    }
    var earliest: Duration?
    for (place, candidate) in decision.candidates.enumerated() {
      guard case .cooling(let until, _) = candidate.objection, until < earliest ?? .seconds(Int64.max) else { continue }
      earliest = until
      decision.place = place
    }
  }

  /// The model of the next tier up that work may move to when all else has failed; nil if the configuration does not allow it, or
  /// there is none.
  public func escalation(
    from tier: ModelTier, _ query: RouteQuery, history: RouterHistory, now: Duration
  ) -> RoutedModel? {
    guard configuration.escalates, let above = tier.above else { return nil }
    return ordered(of: above, history).first { objection(to: $0, query, history, now) == nil }
  }
}
