internal import Models

/// Words for tiers, where a role may say one in a model's place.
enum ModelWord {
  static func isTier(_ word: String) -> Bool { ModelTier(word: word) != nil }

  /// All of them, for a sentence.
  static var all: String { ModelTier.words.joined(separator: ", ") }
}
