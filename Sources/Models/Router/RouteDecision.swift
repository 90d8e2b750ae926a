/// A model that was looked at, and what stands against it.
public struct RouteCandidate: Hashable, Sendable {
  /// What may stand against a model.
  public enum Objection: Hashable, Sendable {
    /// There is no key for its provider, or no server.
    case notUsable
    /// It cannot call tools.
    case noTools
    /// It cannot see pictures.
    case noImages
    /// Prompt and answer do not fit into its window.
    case window(Int)
    /// It failed too often, and is set aside.
    case cooling(until: Duration, ProviderError.Kind)
    /// It may cost more than the model it would stand in for, and nobody named it.
    case dearer

    /// True for what passes with time.
    var isPassing: Bool { if case .cooling = self { true } else { false } }
  }

  /// The model.
  public let model: RoutedModel
  /// What stands against it; nil for nothing.
  public let objection: Objection?
}

/// Which model is to do a piece of work, and why.
public struct RouteDecision: Hashable, Sendable {
  /// What decided.
  public enum Origin: Hashable, Sendable {
    /// The task names a model.
    case model
    /// The task names a tier.
    case tier
    /// Its agent does.
    case agent
    /// Its kind of work does.
    case kind
    /// The look of its prompt; the score is the estimate's.
    case complexity(Int)
    /// Nothing said anything.
    case usual
  }

  /// What decided.
  public internal(set) var origin = Origin.usual
  /// The tier that is asked for.
  public internal(set) var tier = ModelTier.balanced
  /// The tier whose models stand in, where there is none of the tier that is asked for.
  public internal(set) var standIn: ModelTier?
  /// How models of a tier were put in order.
  public let strategy: RouteStrategy
  /// All models that were looked at, in order of preference.
  public internal(set) var candidates: [RouteCandidate] = []
  /// A word for a model or tier that means nothing here. Then nothing is chosen.
  public internal(set) var unknown: String?
  /// Such words among the fallbacks.
  public internal(set) var unknownFallbacks: [String] = []
  var place: Int?

  /// The first model that could be had, though it may be set aside for now: what stands in for it may not be dearer.
  var preferred: RoutedModel? { candidates.first { $0.objection?.isPassing ?? true }?.model }

  init(strategy: RouteStrategy) { self.strategy = strategy }

  /// The model; nil if there is none.
  public var chosen: RoutedModel? { place.map { candidates[$0].model } }

  /// What follows if it fails, in order.
  public var fallbacks: [RoutedModel] {
    guard let place else { return [] }
    return candidates[(place + 1)...].filter { $0.objection == nil }.map(\.model)
  }
}

extension RouteDecision {
  /// The decision in sentences, for `route --explain`: what decided, the choice, and what stands against the others. `now` is the
  /// time it was made at.
  public func explanation(now: Duration) -> [String] {
    var lines = [reason]
    if let standIn {
      lines.append("there is no model of the tier \(tier.rawValue) here: those of \(standIn.rawValue) stand in")
    }
    if let unknown { lines.append("\"\(unknown)\" is neither a model nor a tier that is known here") }
    if let chosen {
      let price = chosen.price.map {
        ", \($0.input * 1_000_000) in and \($0.output * 1_000_000) out for a million tokens"
      }
      lines.append("\(chosen.name) is chosen (\(strategy.rawValue)\(price ?? ", price not known"))")
    } else {
      lines.append("there is no model to choose")
    }
    for (index, candidate) in candidates.enumerated() where index != place {
      let words = candidate.objection.map { RouteDecision.words($0, now) }
      lines.append("\(candidate.model.name) \(words ?? "follows if that fails")")
    }
    if let place, case .some(let objection) = candidates[place].objection {
      lines.append("all are set aside; the first to come back is taken: it \(RouteDecision.words(objection, now))")
    }
    for word in unknownFallbacks { lines.append("\"\(word)\" among the fallbacks is not known here") }
    return lines
  }

  private var reason: String {
    switch origin {
    case .model: "the task names its model"
    case .tier: "the task asks for the tier \(tier.rawValue)"
    case .agent: "the task's agent asks for the tier \(tier.rawValue)"
    case .kind: "this kind of work asks for the tier \(tier.rawValue)"
    case .complexity(let score): "the prompt looks like the tier \(tier.rawValue) (score \(score))"
    case .usual: "nothing asks for a tier: \(tier.rawValue) is the usual one"
    }
  }

  private static func words(_ objection: RouteCandidate.Objection, _ now: Duration) -> String {
    switch objection {
    case .notUsable: "cannot be used: its provider has no key here, or does not answer"
    case .noTools: "cannot call tools"
    case .noImages: "cannot see pictures"
    case .window(let tokens): "has a window of \(tokens) tokens, which is too small"
    case .cooling(let until, let why):
      "is set aside for \(max(0, (until - now).components.seconds)) s: \(why.words)"
    case .dearer: "may cost more, and nobody named it"
    }
  }
}
