/// How much a model is asked to be able to do.
public enum ModelTier: String, Hashable, Sendable, CaseIterable, Comparable {
  /// Exploration and analysis: quick and cheap.
  case fast
  /// Complex reasoning.
  case balanced
  /// Critical decisions.
  case best

  /// A tier by its name or one of its aliases: `haiku` and `cheap`, `sonnet`, `opus` and `high`.
  public init?(word: String) {
    switch word {
    case "fast", "haiku", "cheap": self = .fast
    case "balanced", "sonnet": self = .balanced
    case "best", "opus", "high": self = .best
    default: return nil
    }
  }

  /// All words that name a tier, for messages.
  public static let words = ["fast", "haiku", "cheap", "balanced", "sonnet", "best", "opus", "high"]

  private var rank: Int { self == .fast ? 0 : self == .balanced ? 1 : 2 }

  /// The next one up; nil above the best.
  public var above: ModelTier? { self == .fast ? .balanced : self == .balanced ? .best : nil }

  /// The one that is able to do less is the lesser.
  public static func < (left: ModelTier, right: ModelTier) -> Bool { left.rank < right.rank }
}

/// Kinds of work, and the tier that each asks for unless the configuration says otherwise.
public enum WorkKind {
  /// The built-in kinds.
  public static let tiers: [String: ModelTier] = [
    "exploration": .fast, "analysis": .fast, "search": .fast, "summary": .fast, "extraction": .fast,
    "reasoning": .balanced, "coding": .balanced, "review": .balanced, "debugging": .balanced, "planning": .balanced,
    "research": .balanced, "decision": .best, "architecture": .best, "security": .best,
  ]
}
